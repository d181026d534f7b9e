//! Loading: what fits, what is listed when it doesn't, and other floating-point formats.

use std::collections::BTreeMap;

use plywood_layers::{
    BatchNorm2d, Linear, Params, StateDict, load, load_state_dict, read_safetensors, state_dict,
    write_safetensors,
};
use plywood_tensor::{ErrorKind, Tensor};
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
    state.insert("fc1.weight".into(), Tensor::zeros([2, 4]));
    state.insert("fc1.bias".into(), Tensor::zeros([2]));
    state.remove("fc2.weight");
    state.insert("fc2.scale".into(), Tensor::zeros([1]));
    state.insert("extra".into(), Tensor::zeros([1]));
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
        .map(|(name, tensor)| (name, Tensor::ones(tensor.shape())))
        .collect();
    load_state_dict(&mut model, &state).unwrap();
    assert_eq!(state_dict(&model), state);
    assert_eq!(model.fc1.weight.value().address(), state["fc1.weight"].address());
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
fn other_floating_point_numbers_become_f32() {
    let numbers = [1.5_f32, -0.25, 1024.0];
    let f64s: Vec<u8> = numbers.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect();
    // The upper half of an f32, and the same numbers as IEEE half precision.
    let bf16s: Vec<u8> =
        numbers.iter().flat_map(|x| [x.to_le_bytes()[2], x.to_le_bytes()[3]]).collect();
    let f16s: Vec<u8> = [0x3E00_u16, 0xB400, 0x6400].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (dtype, bytes) in [(Dtype::F64, f64s), (Dtype::BF16, bf16s), (Dtype::F16, f16s)] {
        assert_eq!(read(&file(dtype, &[3], &bytes)).unwrap()["x"], Tensor::from(numbers));
    }
}

#[test]
fn other_numbers_are_refused() {
    for (dtype, bytes) in [(Dtype::I64, 8), (Dtype::U8, 1), (Dtype::BOOL, 1)] {
        assert_eq!(
            error_of(read(&file(dtype, &[1], &vec![0; bytes]))),
            format!(
                "x: load: it holds {dtype:?}, which is no floating-point number; leave it out of \
                 what is saved, or save it as `tensor.float()`"
            ),
        );
    }
    assert_eq!(
        error_of(read(&file(Dtype::F64, &[2], &[1.0_f64, 1e39].map(f64::to_le_bytes).concat()))),
        "x: load: it holds 1e39, too large for single precision; numbers go up to 3.4e38 here",
    );
}

/// PyTorch's batch normalisation counts its batches in an integer that nothing here needs.
#[test]
fn num_batches_tracked_is_left_out() {
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
    assert_eq!(state.len(), 4);
    load_state_dict(&mut net, &state).unwrap();
    assert_eq!(net.bn1.running_var.value(), Tensor::zeros([2]));
    // Also from a dictionary that was made otherwise, and under this name alone.
    state.insert("bn1.num_batches_tracked".into(), Tensor::scalar(5.0));
    load_state_dict(&mut net, &state).unwrap();
    state.insert("my_num_batches_tracked".into(), Tensor::scalar(5.0));
    assert_eq!(
        error_of(load_state_dict(&mut net, &state)),
        "load: the weights don't fit the model: my_num_batches_tracked is not in the model",
    );
}

#[test]
fn scalars_and_empty_tensors_come_back() {
    #[derive(Params)]
    struct Odd {
        scale: plywood_autodiff::Param,
        empty: plywood_autodiff::Param,
    }

    let model = Odd {
        scale: plywood_autodiff::Param::new(Tensor::scalar(3.0)),
        empty: plywood_autodiff::Param::new(Tensor::zeros([0, 4])),
    };
    let mut bytes = Vec::new();
    write_safetensors(&model, &mut bytes).unwrap();
    assert_eq!(read(&bytes).unwrap(), state_dict(&model));
}
