//! What goes beyond the memory budget is an error, in every kernel, and never ends the process. The
//! budget is the process's, so these tests run in processes of their own: a program of its own would have
//! every kernel compiled once more, which takes longer than all tests.

use std::panic::catch_unwind;
use std::process::{Command, Output};

use plywood_tensor::{
    Attention, AttentionOptions, Conv2dOptions, ErrorKind, Heads, LayerNorm, Recurrence,
    RecurrentUnit, Result, Rng, Seed, Shape, Tensor, Window, avg_pool2d, avg_pool2d_grad, conv2d,
    conv2d_input_grad, conv2d_weight_grad, max_pool2d, memory, pad2d, release_idle_memory,
};

/// Asserts that something failed, in these words.
#[track_caller]
fn says<T>(result: Result<T>, text: &str) {
    match result {
        Ok(_) => panic!("it worked, instead of: {text}"),
        Err(error) => assert_eq!(error.to_string(), text),
    }
}

/// The text with which some work panics.
fn panic_of<R>(work: impl FnOnce() -> R + std::panic::UnwindSafe) -> String {
    *catch_unwind(work).err().expect("a panic").downcast::<String>().expect("with a text")
}

/// Numbers in memory that the pool knows nothing of.
fn numbers(shape: &[usize]) -> Tensor {
    let shape = Shape::new(shape).unwrap();
    let mut rng = Rng::new(Seed(7));
    Tensor::from_vec((0..shape.numel()).map(|_| rng.unit() as f32 - 0.5).collect(), shape).unwrap()
}

/// Computes something with ever more memory until it works: before that it says that memory is what
/// it lacks, and then its bits are the same as with plenty.
fn under_any_budget(name: &str, work: impl Fn() -> Result<Vec<Tensor>>) {
    let with = |budget| {
        release_idle_memory();
        memory::set_budget(budget);
        work().map(|results| results.iter().map(Tensor::to_vec).collect::<Vec<_>>())
    };
    let expected = with(usize::MAX).unwrap();
    let mut refusals = 0;
    for budget in (0..).step_by(32 << 10) {
        match with(budget) {
            Ok(results) => {
                assert!(results == expected, "{name} differs within {budget} bytes");
                break;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Memory, "{name}: {error}"),
        }
        refusals += 1;
    }
    // Under the sanitizer there is no pool, and what is held isn't counted.
    assert!(refusals > 1 || cfg!(plywood_sanitize), "{name} took no memory");
    memory::set_budget(usize::MAX);
}

fn convolutions() {
    let pads = |padding| Conv2dOptions { padding: [padding; 2], ..Default::default() };
    let strided = Conv2dOptions { stride: [3, 3], ..pads(2) };
    // A way for each: Winograd's, images side by side, direct, depthwise by rows and by shifts, and the
    // general product.
    for (name, x, weight, options) in [
        ("winograd", [1, 32, 24, 24], [32, 32, 3, 3], pads(1)),
        ("across", [16, 8, 8, 8], [8, 8, 3, 3], pads(1)),
        ("direct", [1, 3, 40, 40], [8, 3, 5, 5], pads(2)),
        ("rows", [1, 32, 20, 20], [32, 1, 3, 3], Conv2dOptions { groups: 32, ..pads(1) }),
        ("shifts", [1, 32, 20, 20], [32, 1, 2, 4], Conv2dOptions { groups: 32, ..pads(1) }),
        ("general", [2, 7, 20, 20], [9, 7, 2, 2], strided),
    ] {
        let (x, weight) = (numbers(&x), numbers(&weight));
        let y = conv2d(&x, &weight, None, &options).unwrap();
        let dy = numbers(&y.shape());
        drop(y);
        under_any_budget(name, || {
            Ok(vec![
                conv2d(&x, &weight, None, &options)?,
                conv2d_input_grad(&dy, &weight, x.shape(), &options)?,
                conv2d_weight_grad(&x, &dy, weight.shape(), &options)?,
            ])
        });
    }
}

fn others() {
    let (a, b) = (numbers(&[150, 400]), numbers(&[300, 400]));
    under_any_budget("matmul", || Ok(vec![a.matmul(b.t())?, a.softmax(0)?, a.sum_axes(&[0])?]));

    let x = numbers(&[2, 3, 40, 41]);
    for kernel in [3, 20] {
        let window = Window { stride: [3, 3], padding: [1, 1], ..Window::new([kernel; 2]) };
        under_any_budget("pooling", || {
            let y = avg_pool2d(&x, &window, true)?;
            let dx = avg_pool2d_grad(&y, x.shape(), &window, true)?;
            Ok(vec![max_pool2d(&x, &window)?.values, y, dx])
        });
    }

    let (x, weight) = (numbers(&[200, 90]), numbers(&[90]));
    let norm = LayerNorm { weight: &weight, bias: None, epsilon: 1e-5, centered: true };
    under_any_budget("layer_norm", || {
        let (y, statistics) = norm.forward(&x)?;
        let [dx, dweight, _] = norm.gradient(&y, &x, &statistics)?;
        Ok(vec![y, dx, dweight])
    });

    let qkv = numbers(&[2, 90, 3 * 32]);
    let attention = Attention {
        heads: Heads::Packed(4),
        options: AttentionOptions::default(),
        rng: Rng::new(Seed(1)),
    };
    under_any_budget("attention", || {
        let (y, log_sums) = attention.forward(&[&qkv])?;
        let mut all = attention.gradient(&y, &[&qkv], &log_sums)?;
        all.push(y);
        Ok(all)
    });

    let (gates, weight, h0) = (numbers(&[9, 5, 4 * 40]), numbers(&[4 * 40, 40]), numbers(&[5, 40]));
    let unit = RecurrentUnit::Lstm;
    let recurrence = Recurrence { unit, weight: &weight, bias: None, reverse: false };
    under_any_budget("recurrence", || {
        let (y, kept) = recurrence.forward(&gates, &h0, Some(&h0))?;
        let grads = recurrence.gradient(&y, &y, &kept, &h0, Some(&h0))?;
        Ok(vec![y, grads.weight, grads.gates, grads.h0])
    });
}

#[test]
#[ignore = "it sets the process's budget: `beyond_the_budget` starts it in one of its own"]
fn the_kernels() {
    memory::set_budget(1 << 30);
    assert_eq!(memory::budget(), 1 << 30);
    let four = "4.0 GiB of memory asked for, 0 bytes in use, the budget is 1.0 GiB; \
                use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=4G or \
                memory::set_budget";
    let large = [1 << 20, 1 << 10];
    says(Tensor::<f32>::try_full(large, 0.0), four);
    says(Tensor::<f32>::try_from_fn(large, |_| 1.0), four);
    assert_eq!(panic_of(|| Tensor::zeros(large)), four);
    assert_eq!(panic_of(|| Tensor::<f32>::from_fn(large, |_| 0.0)), four);
    assert_eq!(panic_of(|| Tensor::eye(1 << 15)), four);
    let mut rng = Rng::new(Seed(7));
    let state = rng.state();
    says(rng.try_uniform::<f32>(large, 0.0, 1.0), four);
    says(rng.try_normal::<f32>(large, 0.0, 1.0), four);
    says(rng.try_bernoulli::<f32>(large, 0.5), four);
    assert_eq!(rng.state(), state);
    assert_eq!(panic_of(|| Rng::new(Seed(7)).normal::<f32>(large, 0.0, 1.0)), four);
    says(memory::check(4 << 30), four);
    says(memory::vec_with_capacity::<u64>(1 << 29), four);
    says(
        memory::vec_with_capacity::<u64>(usize::MAX),
        "16.0 EiB of memory asked for, 0 bytes in use, the budget is 1.0 GiB; \
         no machine can address that much: use smaller sizes",
    );

    // Results that are larger than what they are made of.
    let pixel = Tensor::ones([1, 1, 1, 1]);
    let padding = [(1 << 14) - 1, (1 << 15) - 1];
    let four_of = |operation: &str| format!("{operation}: {four}");
    says(pad2d(&pixel, [padding[1]; 2], [0, 0], 0.0), &four_of("pad2d"));
    says(pixel.broadcast_to([1, 1, 1 << 15, 1 << 15]), &four_of("broadcast_to"));
    says(pixel.widen(0, 0, 1 << 30), &four_of("widen"));
    let options = Conv2dOptions { padding: [padding[0]; 2], ..Default::default() };
    says(
        conv2d(&pixel, &Tensor::ones([2, 1, 1, 1]), None, &options),
        "conv2d: 8.0 GiB of memory asked for, 0 bytes in use, the budget is 1.0 GiB; \
         use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=8G or memory::set_budget",
    );
    memory::set_budget(1 << 20);
    let (column, row) =
        (Tensor::ones([512, 1]), Tensor::ones([1, 1024]).narrow(1, 0, 512).unwrap());
    let one = "1.0 MiB of memory asked for, 0 bytes in use, the budget is 1023.0 KiB; use smaller \
               sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=1G or memory::set_budget";
    release_idle_memory();
    memory::set_budget((1 << 20) - 1024);
    says(column.add(&row), &format!("add: {one}"));
    assert_eq!(panic_of(|| &column + &row), format!("add: {one}"));
    says(column.matmul(&row), &format!("matmul: {one}"));
    memory::set_budget(1 << 20);
    assert!(column.add(&row).unwrap().as_slice().iter().all(|&x| x == 2.0));
    release_idle_memory();
    // What tensors hold is in use; what the pool keeps goes back for others.
    let held = Tensor::zeros([512, 256]);
    if !cfg!(plywood_sanitize) {
        says(
            memory::check(600 << 10),
            "600.0 KiB of memory asked for, 512.0 KiB in use, the budget is 1.0 MiB; use smaller \
             sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=1G or memory::set_budget",
        );
    }
    drop(held);
    memory::check(600 << 10).unwrap();

    convolutions();
    others();
}

/// Asks for a tensor, and prints what comes of it.
#[test]
#[ignore = "`the_environment_sets_the_budget` starts it in processes of their own"]
fn a_tensor() {
    let result = Tensor::<f32>::try_full([4096], 1.0).map(|tensor| tensor.shape());
    println!("{} {result:?}", memory::budget());
}

/// Runs a test of this file in a process of its own, with this budget in its environment.
fn in_a_process(test: &str, budget: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("budget::{test}"), "--ignored", "--nocapture"]);
    command.env("PLYWOOD_MEMORY_BUDGET", budget).output().unwrap()
}

#[test]
fn beyond_the_budget() {
    let Output { status, stdout, stderr } = in_a_process("the_kernels", "1G");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success() && stdout.contains("1 passed"), "{stdout}{stderr}");
}

#[test]
fn the_environment_sets_the_budget() {
    let says = |budget: &str, expected: &str| {
        let child = in_a_process("a_tensor", budget);
        let output = String::from_utf8(child.stdout).unwrap();
        assert!(child.status.success() && output.contains(expected), "{output}");
    };
    says("1M", "1048576 Ok([4096])");
    says(
        "4k",
        "4096 Err(16.0 KiB of memory asked for, 0 bytes in use, the budget is 4.0 KiB; \
         use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=1G or memory::set_budget)",
    );
    says(
        "plenty",
        "0 Err(PLYWOOD_MEMORY_BUDGET is \"plenty\", it must be a number of bytes such as 8589934592, \
         or 8G)",
    );
}
