//! Operators of owned and borrowed tensors and of numbers on either side, and whole numbers.

use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

use plywood_tensor::{Shape, Tensor};

/// Each operator, of owned and borrowed tensors: the same bits.
macro_rules! every_way {
    ($a:expr, $b:expr, $($operator:tt)*) => { $({
        let (a, b) = ($a, $b);
        let expected = &a $operator &b;
        assert_eq!(a.clone() $operator b.clone(), expected);
        assert_eq!(a.clone() $operator &b, expected);
        assert_eq!(&a $operator b.clone(), expected);
        // Owned, and held by nobody else.
        let fresh = |x: &Tensor<_>| x.map(|x| x);
        assert_eq!(fresh(&a) $operator fresh(&b), expected);
        assert_eq!(fresh(&a) $operator &b, expected);
        assert_eq!(&a $operator fresh(&b), expected);
    })* };
}

#[test]
fn every_way_of_holding_operands_gives_the_same() {
    let a = Tensor::from([[1.5_f32, -2.0], [0.3, 4.0]]);
    every_way!(a.clone(), Tensor::from([[3.0_f32, 0.7], [-1.0, 5.0]]), + - * /);
    every_way!(a.clone(), Tensor::from([3.0_f32, 0.7]), + - * /);
    let a = Tensor::from([[7_i64, -2], [3, 4]]);
    every_way!(a.clone(), Tensor::from([[3_i64, 7], [-1, 5]]), + - * /);
    every_way!(Tensor::from([3_i64, 70]), a.clone(), + - * /);
}

#[test]
fn owned_operands_are_worked_on_in_place() {
    let new = || Tensor::linspace(1.0, 2.0, 100);
    let other = new();
    let (a, b) = (new(), new());
    let (at_a, at_b) = (a.address(), b.address());
    let sum = a + &other;
    assert_eq!(sum.address(), at_a);
    let difference = &other - b;
    assert_eq!(difference.address(), at_b);
    assert_eq!((sum / difference.map(|_| 2.0)).address(), at_a);
    let shared = other.clone();
    assert_eq!(shared * &new(), &new() * &new());
    assert_eq!(other, new());
}

#[test]
fn numbers_on_either_side() {
    let x = Tensor::from([1.0_f32, 2.0]);
    assert_eq!(1.0 - &x, Tensor::from([0.0, -1.0]));
    assert_eq!(2.0 * &x, &x * 2.0);
    assert_eq!(2.0 / x.clone(), Tensor::from([2.0, 1.0]));
    assert_eq!(1.0 + x.clone(), x.clone() + 1.0);
    assert_eq!(&x / 2.0 - 1.0, Tensor::from([-0.5, 0.0]));
    assert_eq!(-x.clone(), -&x);
    let double = Tensor::from([1.0_f64, 4.0]);
    assert_eq!(1.0 / (2.0 * double), Tensor::from([0.5, 0.125]));
    let whole = Tensor::from([1_i32, 4]);
    assert_eq!(10 - 2 * &whole, Tensor::from([8, 2]));
    assert_eq!(&whole / 3 + 1, Tensor::from([1, 2]));
    assert_eq!(-whole, Tensor::from([-1, -4]));
}

#[test]
fn whole_numbers_are_exact_or_refused() {
    let x = Tensor::from([[1_u8, 2], [3, 255]]);
    let y = Tensor::from([0_u8, 1]);
    assert_eq!(
        x.add(&y).unwrap_err().to_string(),
        "add: 255 + 1 at [1, 1] is not of type u8 (0 to 255); \
         `try_cast::<i64>()` or `cast::<f64>()` makes room",
    );
    assert_eq!(
        y.sub(&x).unwrap_err().to_string(),
        "sub: 0 - 1 at [0, 0] is not of type u8 (0 to 255); \
         `try_cast::<i64>()` or `cast::<f64>()` makes room",
    );
    assert_eq!(
        x.mul(&Tensor::scalar(2)).unwrap_err().to_string(),
        "mul: 255 · 2 at [1, 1] is not of type u8 (0 to 255); \
         `try_cast::<i64>()` or `cast::<f64>()` makes room",
    );
    assert_eq!(x.div(&y).unwrap_err().to_string(), "div: 1 / 0 at [0, 0] is a division by 0");
    let least = Tensor::from([i32::MIN]);
    assert_eq!(
        least.div(&Tensor::scalar(-1)).unwrap_err().to_string(),
        "div: -2147483648 / -1 at [0] is not of type i32 (-2147483648 to 2147483647); \
         `try_cast::<i64>()` or `cast::<f64>()` makes room",
    );
    let mut sums = Tensor::from([250_u8, 250]);
    assert!(sums.add_assign(&Tensor::from([5, 6])).is_err());
    assert_eq!(sums, Tensor::from([250, 250]));
    sums.add_assign(&Tensor::from([5, 0])).unwrap();
    assert_eq!(sums, Tensor::from([255, 250]));
}

/// The message and the line of this file that a panic points at.
fn panic_of(work: impl FnOnce() + std::panic::UnwindSafe) -> (String, u32) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (own, seen) = (std::thread::current().id(), std::sync::Arc::new(Mutex::new(None)));
    let previous: std::sync::Arc<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync> =
        std::panic::take_hook().into();
    let (others, writes) = (previous.clone(), seen.clone());
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != own {
            return others(info);
        }
        let place = info.location().map(|place| (place.file().to_owned(), place.line()));
        *writes.lock().unwrap() = place;
    }));
    let message = catch_unwind(work).unwrap_err().downcast::<String>().unwrap();
    std::panic::set_hook(Box::new(move |info| previous(info)));
    let (file, line) = seen.lock().unwrap().take().unwrap();
    assert!(file.replace('\\', "/").ends_with("tests/tensor/operators.rs"), "{file}");
    (*message, line)
}

#[test]
fn panics_point_at_the_callers_line() {
    let (a, b) = (|| Tensor::zeros([2, 3]), || Tensor::zeros([2]));
    let wrong = "[2, 3] and [2] don't broadcast: 3 and 2 at axis -1; \
                 sizes must be equal or 1, counted from the last axis";
    macro_rules! points_here {
        ($name:literal, $work:expr) => {
            let (message, line) = panic_of(|| drop($work));
            assert_eq!((message, line), (format!("{}: {wrong}", $name), line!()));
        };
    }
    points_here!("add", a() + b());
    points_here!("add", &a() + &b());
    points_here!("sub", a() - &b());
    points_here!("mul", &a() * b());
    points_here!("div", a() / b());
    let refused = |(message, line): (String, u32), expected: &str, at: u32| {
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(line, at);
    };
    let x = || Tensor::from([200_u8]);
    refused(panic_of(|| drop(x() + 100)), "add: 200 + 100 at [0]", line!());
    refused(panic_of(|| drop(100 - x())), "sub: 100 - 200 at [0]", line!());
    refused(panic_of(|| drop(-Tensor::from([i64::MIN]))), "sub: 0 - -9223", line!());
    let shape = Shape::new(&[1 << 59]).unwrap();
    refused(panic_of(|| drop(Tensor::zeros(shape))), "", line!());
}
