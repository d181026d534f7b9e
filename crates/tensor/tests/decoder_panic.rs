//! What a panic in a decoder leaves: an error, and nothing for the program's panic hook. It is a test
//! binary of its own with one test, because the hook belongs to the process.

use std::error::Error as _;
use std::panic;
use std::sync::Mutex;
use std::thread;

use plywood_tensor::{Error, ErrorKind, catch_decoder_panic};

static REPORTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn reported() -> Vec<String> {
    std::mem::take(&mut *REPORTED.lock().expect("nobody panics with the lock"))
}

#[test]
fn a_panic_becomes_an_error_that_no_hook_sees() {
    panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or_default().to_owned();
        REPORTED.lock().unwrap().push(text);
    }));

    let file = [1_u8, 2];
    let error = catch_decoder_panic("strict", || Ok(file[2 + file.len()])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert_eq!(
        error.at("a.webp").to_string(),
        "a.webp: the decoder `strict` panics on it; \
         the file is damaged, or of a kind that isn't supported",
    );
    let error = catch_decoder_panic("strict", || -> Result<(), Error> { panic!("row {}", 7) });
    assert_eq!(error.unwrap_err().source().unwrap().to_string(), "row 7");
    assert_eq!(reported(), [""; 0]);

    // Panics of the program itself come through: after a decoder, and on other threads while one runs.
    let own = || assert!(panic::catch_unwind(|| panic!("my own")).is_err());
    own();
    assert_eq!(reported(), ["my own"]);
    let decoded = catch_decoder_panic("strict", || {
        thread::scope(|scope| scope.spawn(own).join()).unwrap();
        Ok(7)
    });
    assert_eq!((decoded.unwrap(), reported()), (7, vec!["my own".to_owned()]));

    // A decoder in a decoder: the outer one is still silent after the inner one has returned.
    let nested = catch_decoder_panic("outer", || -> Result<(), Error> {
        let inner = catch_decoder_panic("inner", || -> Result<(), Error> { panic!("inner") });
        assert!(inner.is_err());
        panic!("outer")
    });
    assert!(nested.unwrap_err().to_string().starts_with("the decoder `outer` panics"));
    assert_eq!(reported(), [""; 0]);

    // One that runs in a destructor while the thread unwinds is contained as well.
    struct DecodesLate;
    impl Drop for DecodesLate {
        fn drop(&mut self) {
            let late = catch_decoder_panic("late", || -> Result<(), Error> { panic!("late") });
            assert!(late.is_err());
        }
    }
    assert!(
        panic::catch_unwind(|| {
            let _late = DecodesLate;
            panic!("first")
        })
        .is_err()
    );
    assert_eq!(reported(), ["first"]);
}
