//! Loading: what fits, what is listed when it doesn't, and other floating-point formats.

use std::collections::BTreeMap;

use plywood_autodiff::Param;
use plywood_layers::{
    BatchNorm2d, Init, Linear, Params, StateDict, load, load_state_dict, read_safetensors, save_as,
    state_dict, write_safetensors,
};
use plywood_tensor::{ErrorKind, Float, Tensor};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::support::{error_of, rng};

#[derive(Params)]
struct Model {
    fc1: Linear,
    fc2: Linear,
}

fn model() -> Model {
    let rng = &mut rng();
    Model {
        fc1: Linear::config(3, 2).init(rng).unwrap(),
        fc2: Linear::config(2, 2).init(rng).unwrap(),
    }
}

fn values(model: &impl Params) -> Vec<Tensor> {
    model.slots().into_iter().map(|(_, slot)| slot.value()).collect()
}

#[test]
fn everything_that_does_not_fit_is_listed_and_nothing_is_loaded() {
    let mut model = model();
    let before = values(&model);
    let mut state = state_dict(&model);
    state.insert("fc1.weight".into(), Tensor::zeros([2, 4]).into());
    state.insert("fc1.bias".into(), Tensor::zeros([2]).into());
    state.remove("fc2.weight");
    state.insert("fc2.scale".into(), Tensor::zeros([1]).into());
    state.insert("extra".into(), Tensor::zeros([1]).into());
    let error = load_state_dict(&mut model, &state).unwrap_err();
    assert_eq!(
        error.to_string(),
        "load: the weights don't fit the model: fc1.weight is [2, 4], the model's is [2, 3]; \
         fc2.weight [2, 2] is missing; extra is not in the model; fc2.scale is not in the model",
    );
    assert_eq!(error.kind(), ErrorKind::Data);
    assert_eq!(values(&model), before);
}

#[test]
fn what_fits_shares_the_dictionarys_memory() {
    let mut model = model();
    let state: StateDict = state_dict(&model)
        .into_iter()
        .map(|(name, tensor)| (name, Tensor::ones(tensor.shape()).into()))
        .collect();
    load_state_dict(&mut model, &state).unwrap();
    assert_eq!(state_dict(&model), state);
    assert_eq!(
        model.fc1.weight.value().address(),
        state["fc1.weight"].as_tensor::<f32>().unwrap().address()
    );
}

#[test]
fn the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    plywood_layers::save(&Linear::config(1, 1).init(&mut rng()).unwrap(), &path).unwrap();
    assert_eq!(
        error_of(load(&mut Linear::config(2, 1).bias(false).init(&mut rng()).unwrap(), &path)),
        format!(
            "{}: load: the weights don't fit the model: weight is [1, 1], the model's is [1, 2]; \
             bias is not in the model",
            path.display()
        ),
    );
    let missing = folder.path().join("missing.safetensors");
    let error = load(&mut model(), &missing).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(
        error.to_string(),
        format!("{}: can't open it: No such file or directory (os error 2)", missing.display()),
    );
}

/// A file with one tensor, `x`.
fn file(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let view = TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
    safetensors::serialize([("x", view)], None).unwrap()
}

fn read(bytes: &[u8]) -> plywood_tensor::Result<StateDict> {
    read_safetensors(&mut &bytes[..])
}

/// With places whose sum overflows, which the crate that reads it doesn't check: programs that check for
/// overflow would panic.
#[test]
fn tensors_beyond_what_can_be_addressed_are_refused() {
    let most = (1_u64 << 61) - 1;
    let entries = (0..8).map(|place| {
        let [begin, end] = [place * most, (place + 1) * most];
        format!(r#""{place}":{{"dtype":"U8","shape":[{most}],"data_offsets":[{begin},{end}]}}"#)
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    let text = error_of(read(&file));
    let expected = match text.contains("panics") {
        true => "load: the decoder `safetensors` panics on it; \
                 the file is damaged, or of a kind that isn't supported"
            .to_owned(),
        false => format!(
            "load: this is no whole safetensors file: incomplete metadata, file not fully covered \
             ({} bytes)",
            file.len()
        ),
    };
    assert_eq!(text, expected);
}

#[test]
fn floating_point_numbers_of_a_file_become_the_models() {
    let numbers = [1.5_f32, -0.25, 1024.0];
    let f64s: Vec<u8> = numbers.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect();
    // The upper half of an f32, and the same numbers as IEEE half precision.
    let bf16s: Vec<u8> =
        numbers.iter().flat_map(|x| [x.to_le_bytes()[2], x.to_le_bytes()[3]]).collect();
    let f16s: Vec<u8> = [0x3E00_u16, 0xB400, 0x6400].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (dtype, bytes) in [(Dtype::F64, f64s), (Dtype::BF16, bf16s), (Dtype::F16, f16s)] {
        let state = read(&file(dtype, &[3], &bytes)).unwrap();
        assert_eq!(format!("{dtype:?}").to_lowercase(), state["x"].dtype().to_string());
        let (mut single, mut double) = (One::<f32>::zeros(), One::<f64>::zeros());
        load_state_dict(&mut single, &state).unwrap();
        load_state_dict(&mut double, &state).unwrap();
        assert_eq!(single.x.value(), &Tensor::from(numbers));
        assert_eq!(double.x.value(), &Tensor::from(numbers.map(f64::from)));
    }
}

/// A model with one parameter of three numbers, `x`.
#[derive(Params)]
struct One<T: Float> {
    x: Param<T>,
}

impl<T: Float> One<T> {
    fn zeros() -> Self {
        Self { x: Param::new(Tensor::full([3], T::ZERO)) }
    }
}

#[test]
fn whole_numbers_are_read_and_refused_as_weights() {
    for (dtype, bytes, name) in
        [(Dtype::I64, 24, "i64"), (Dtype::U8, 3, "u8"), (Dtype::BOOL, 3, "bool")]
    {
        let state = read(&file(dtype, &[3], &vec![1; bytes])).unwrap();
        assert_eq!(state["x"].dtype().to_string(), name);
        assert_eq!(
            error_of(load_state_dict(&mut One::<f32>::zeros(), &state)),
            format!(
                "load: the weights don't fit the model: x: it holds {name}, which is no \
                 floating-point number"
            ),
        );
        // Where the model has no place for them, they are no weights.
        let mut linear = Linear::config(2, 2).init(&mut rng()).unwrap();
        let mut with = state_dict(&linear);
        with.extend(state);
        load_state_dict(&mut linear, &with).unwrap();
    }
    assert_eq!(
        error_of(read(&file(Dtype::U64, &[1], &[0; 8]))),
        "x: load: it holds U64, which isn't read; leave it out of what is saved, or save it as \
         `tensor.float()`",
    );
    let large = [1.0_f64, 1e39, 0.0].map(f64::to_le_bytes).concat();
    let state = read(&file(Dtype::F64, &[3], &large)).unwrap();
    assert_eq!(
        error_of(load_state_dict(&mut One::<f32>::zeros(), &state)),
        "load: the weights don't fit the model: x: it holds 1e39, too large for f32 \
         (-3.4028235e38 to 3.4028235e38)",
    );
    load_state_dict(&mut One::<f64>::zeros(), &state).unwrap();
}

#[test]
fn weights_of_half_size_come_back_rounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.safetensors");
    let saved = model();
    for (dtype, digits) in [(plywood_tensor::Dtype::BF16, 8), (plywood_tensor::Dtype::F16, 11)] {
        save_as(&saved, &path, dtype).unwrap();
        let state = read(&std::fs::read(&path).unwrap()).unwrap();
        assert!(state.values().all(|tensor| tensor.dtype() == dtype));
        let mut loaded = model();
        loaded.fc1.weight.value_mut().as_mut_slice().fill(0.0);
        load(&mut loaded, &path).unwrap();
        let largest = 2.0_f32.powi(-digits);
        for (own, rounded) in values(&saved).iter().zip(&values(&loaded)) {
            for (own, rounded) in own.as_slice().iter().zip(rounded.as_slice()) {
                assert!((own - rounded).abs() <= largest * own.abs(), "{own} {rounded}");
            }
        }
    }
    assert_eq!(
        error_of(save_as(&saved, &path, plywood_tensor::Dtype::I8)),
        "save: weights can't be saved as i8, which is no floating-point number; f32, f64, bf16 and \
         f16 are",
    );
    let large = Linear::config(1, 1).weight_init(Init::Constant(1e5)).init(&mut rng()).unwrap();
    assert_eq!(
        error_of(save_as(&large, &path, plywood_tensor::Dtype::F16)),
        "weight: save: it holds 100000.0, too large for f16 (-65504 to 65504)",
    );
}

/// PyTorch's batch normalisation counts its batches in an integer that nothing here needs.
#[test]
fn num_batches_tracked_is_passed_over() {
    #[derive(Params)]
    struct Net {
        bn1: BatchNorm2d,
    }

    let mut net = Net { bn1: BatchNorm2d::config(2).init().unwrap() };
    let [two, one] = [[0_u8; 8], 5_i64.to_le_bytes()];
    let mut views = BTreeMap::new();
    for name in ["weight", "bias", "running_mean", "running_var"] {
        views.insert(format!("bn1.{name}"), TensorView::new(Dtype::F32, vec![2], &two).unwrap());
    }
    views.insert(
        "bn1.num_batches_tracked".into(),
        TensorView::new(Dtype::I64, vec![], &one).unwrap(),
    );
    let bytes = safetensors::serialize(views, None).unwrap();
    let mut state = read(&bytes).unwrap();
    assert_eq!(state["bn1.num_batches_tracked"], Tensor::scalar(5_i64));
    load_state_dict(&mut net, &state).unwrap();
    assert_eq!(net.bn1.running_var.value(), Tensor::zeros([2]));
    // Also from a dictionary that was made otherwise, and under this name alone.
    state.insert("bn1.num_batches_tracked".into(), Tensor::scalar(5.0).into());
    load_state_dict(&mut net, &state).unwrap();
    state.insert("my_num_batches_tracked".into(), Tensor::scalar(5.0).into());
    assert_eq!(
        error_of(load_state_dict(&mut net, &state)),
        "load: the weights don't fit the model: my_num_batches_tracked is not in the model",
    );
}

#[test]
fn scalars_and_empty_tensors_come_back() {
    #[derive(Params)]
    struct Odd {
        scale: Param,
        empty: Param,
    }

    let model =
        Odd { scale: Param::new(Tensor::scalar(3.0)), empty: Param::new(Tensor::zeros([0, 4])) };
    let mut bytes = Vec::new();
    write_safetensors(&model, &mut bytes).unwrap();
    assert_eq!(read(&bytes).unwrap(), state_dict(&model));
}
