//! Choosing, cutting and joining, an element at a time, and PyTorch's.

use plywood_tensor::Tensor;
use plywood_testkit::{axis_of, cases, fixtures, shapes};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{agree, indices, noise, places, shape, tensor};

/// A shape, an axis of it as it is written and as an index, and places along it.
fn choices() -> impl Strategy<Value = (Vec<usize>, isize, usize, Vec<u32>)> {
    let axes = axis_of(shapes(1..=4, 1..=4));
    (axes, proptest::collection::vec(any::<Index>(), 0..=6)).prop_map(|((dims, axis), chosen)| {
        let along = axis.rem_euclid(dims.len() as isize) as usize;
        let chosen = chosen.iter().map(|i| i.index(dims[along]) as u32).collect();
        (dims, axis, along, chosen)
    })
}

/// `dims` with another size at `axis`.
fn with(dims: &[usize], axis: usize, size: usize) -> Vec<usize> {
    let mut dims = dims.to_vec();
    dims[axis] = size;
    dims
}

/// A tensor whose element at each place is that of `x` at another.
fn from_places(x: &Tensor, dims: &[usize], from: impl Fn(&mut Vec<usize>)) -> Tensor {
    let elements = places(dims)
        .into_iter()
        .map(|mut place| {
            from(&mut place);
            x.get(&place).unwrap()
        })
        .collect();
    Tensor::from_vec(elements, shape(dims)).unwrap()
}

fn dot(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    a.mul(b).unwrap().sum()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_index_select_and_its_gradient((dims, axis, along, chosen) in choices()) {
        let x = noise::<f32>(1, &dims);
        let places = Tensor::from(chosen.clone());
        let selected = x.index_select(axis, &places).unwrap();
        let out = with(&dims, along, chosen.len());
        prop_assert_eq!(
            &selected,
            &from_places(&x, &out, |place| place[along] = chosen[place[along]] as usize)
        );

        // ⟨select(x), y⟩ = ⟨x, index_add(0, y)⟩ says that one is the other's gradient.
        let (x, y) = (noise::<f64>(1, &dims), noise::<f64>(2, &out));
        let mut sums = Tensor::<f64>::full(shape(&dims), 0.0);
        sums.index_add(axis, &places, &y).unwrap();
        let forward = dot(&x.index_select(axis, &places).unwrap(), &y);
        prop_assert!((dot(&x, &sums) - forward).abs() < 1e-12);
        let unchosen = (0..dims[along]).find(|&place| !chosen.contains(&(place as u32)));
        if let Some(place) = unchosen {
            prop_assert_eq!(sums.narrow(axis, place, 1).unwrap().abs().sum(), 0.0);
        }
    }

    #[test]
    fn prop_pick_and_its_gradient((dims, axis, along, _) in choices(), seed: u64) {
        let mut out = dims.clone();
        out.remove(along);
        let chosen: Vec<u32> = plywood_testkit::noise(seed, out.iter().product())
            .iter()
            .map(|x| ((x + 1.0) / 2.0 * dims[along] as f64) as u32)
            .collect();
        let chosen = Tensor::from_vec(chosen, shape(&out)).unwrap();
        let x = noise::<f32>(3, &dims);
        let expected = from_places(&x, &out, |place| {
            let index = chosen.get(place).unwrap();
            place.insert(along, index as usize);
        });
        let picked = x.pick(axis, &chosen).unwrap();
        prop_assert_eq!(&picked, &expected);
        let back = Tensor::unpick(shape(&dims), axis, &chosen, &picked).unwrap();
        prop_assert_eq!(&back.pick(axis, &chosen).unwrap(), &picked);
        let others = back.as_slice().iter().filter(|&&x| x != 0.0).count();
        prop_assert!(others <= picked.numel());
    }

    #[test]
    fn prop_narrow_and_widen((dims, axis, along, _) in choices(), ends: [Index; 2]) {
        let mut ends = ends.map(|end| end.index(dims[along] + 1));
        ends.sort_unstable();
        let [start, end] = ends;
        let x = noise::<f32>(4, &dims);
        let part = x.narrow(axis, start, end - start).unwrap();
        let out = with(&dims, along, end - start);
        prop_assert_eq!(&part, &from_places(&x, &out, |place| place[along] += start));
        let wide = part.widen(axis, start, dims[along]).unwrap();
        let expected = Tensor::from_fn(shape(&dims), |place| {
            if (start..end).contains(&place[along]) { x.get(place).unwrap() } else { 0.0 }
        });
        prop_assert_eq!(wide, expected);
    }

    #[test]
    fn prop_concat_joins_what_narrow_cut((dims, axis, along, _) in choices(), cuts: [Index; 2]) {
        let mut cuts = cuts.map(|cut| cut.index(dims[along] + 1));
        cuts.sort_unstable();
        let x = noise::<f32>(5, &dims);
        let borders = [0, cuts[0], cuts[1], dims[along]];
        let parts: Vec<Tensor> = borders
            .windows(2)
            .map(|ends| x.narrow(axis, ends[0], ends[1] - ends[0]).unwrap())
            .collect();
        let parts: Vec<&Tensor> = parts.iter().collect();
        prop_assert_eq!(Tensor::concat(&parts, axis).unwrap(), x);
    }

    #[test]
    fn prop_stack_sets_samples_behind_each_other(dims in shapes(0..=3, 0..=4), count in 1_usize..5) {
        let samples: Vec<Tensor> = (0..count).map(|i| noise(i as u64, &dims)).collect();
        let batch = Tensor::stack(&samples.iter().collect::<Vec<_>>(), 0).unwrap();
        prop_assert_eq!(&batch.shape()[1..], &dims[..]);
        for (index, sample) in samples.iter().enumerate() {
            let line = batch.narrow(0, index, 1).unwrap().squeeze(0).unwrap();
            prop_assert_eq!(&line, sample);
        }
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("matmul_embedding");
    let array = |name: &str| tensor::<f64>(&fixture[name]);

    let selected = indices(&fixture["index_select.indices"]);
    let x = array("index_select.input");
    assert_eq!(x.index_select(1, &selected).unwrap(), array("index_select.output"));
    let mut dx = Tensor::<f64>::full(x.shape(), 0.0);
    dx.index_add(1, &selected, &array("index_select.grad_output")).unwrap();
    agree(&dx, &array("index_select.grad_input"), 1e-14);

    // An embedding selects rows by indices of any shape.
    let weight = array("embedding.weight");
    let words = indices(&fixture["embedding.indices"]).flatten(0).unwrap();
    let output = array("embedding.output");
    let rows = weight.index_select(0, &words).unwrap();
    assert_eq!(rows.reshape(output.shape()).unwrap(), output);
    let mut dw = Tensor::<f64>::full(weight.shape(), 0.0);
    let dy = array("embedding.grad_output").reshape([8, 3]).unwrap();
    dw.index_add(0, &words, &dy).unwrap();
    agree(&dw, &array("embedding.grad_weight"), 1e-14);

    // PyTorch's gather picks as many as it likes of each row: here a column at a time.
    let x = array("gather.input");
    let chosen = indices(&fixture["gather.indices"]);
    let (output, dy) = (array("gather.output"), array("gather.grad_output"));
    let mut dx = Tensor::<f64>::full(x.shape(), 0.0);
    for column in 0..6 {
        let chosen = chosen.narrow(1, column, 1).unwrap().squeeze(1).unwrap();
        let of = |x: &Tensor<f64>| x.narrow(1, column, 1).unwrap().squeeze(1).unwrap();
        assert_eq!(x.pick(1, &chosen).unwrap(), of(&output));
        let share = Tensor::unpick(x.shape(), 1, &chosen, &of(&dy)).unwrap();
        dx.add_assign(&share).unwrap();
    }
    agree(&dx, &array("gather.grad_input"), 1e-14);

    let parts = ["a", "b", "c"].map(|part| array(&format!("concat.{part}")));
    let joined = Tensor::concat(&parts.each_ref(), 1).unwrap();
    assert_eq!(joined, array("concat.output"));
    let mut start = 0;
    for (part, name) in parts.iter().zip(["a", "b", "c"]) {
        let len = part.shape()[1];
        let gradient = array("concat.grad_output").narrow(1, start, len).unwrap();
        assert_eq!(gradient, array(&format!("concat.grad_{name}")));
        start += len;
    }
}
