//! A checkpoint that is not whole is named, never taken up, and never a panic.

use plywood_optimizers::Adam;
use plywood_tensor::Tensor;
use proptest::prelude::*;

use super::*;

fn checkpoint() -> Checkpoint {
    let model = vec![plywood_autodiff::Param::new(Tensor::arange(5))];
    let mut checkpoint = Checkpoint::begin(BTreeMap::from([("seed".into(), "7".into())]));
    checkpoint.capture(&model, &Adam::default(), None, &[]);
    checkpoint.best = Some(Best::new(1, 0.5, Some(&model)));
    checkpoint
}

/// A file of these contents with a right header.
fn sealed(contents: &[u8]) -> Vec<u8> {
    let length = (contents.len() as u64).to_le_bytes();
    let checksum = crc32fast::hash(contents).to_le_bytes();
    [b"PLYWCKPT", &4_u32.to_le_bytes()[..], &checksum, &length, contents].concat()
}

fn open(bytes: &[u8]) -> Result<Checkpoint> {
    envelope::open(bytes)
}

#[test]
fn a_checkpoint_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Checkpoint::load(folder.path()).unwrap(), None);
    checkpoint().save(folder.path()).unwrap();
    assert_eq!(Checkpoint::load(folder.path()).unwrap(), Some(checkpoint()));
}

#[test]
fn what_is_not_whole_is_named() {
    let whole = envelope::seal(&checkpoint()).unwrap();
    let text = |bytes: &[u8]| open(bytes).unwrap_err().to_string();
    assert_eq!(text(&whole[..10]), "10 bytes are no checkpoint: its header alone has 24");
    assert_eq!(
        text(&[b"GIF89a..", &whole[8..]].concat()),
        "this is no checkpoint of Plywood: its first bytes are others",
    );
    let length = whole.len() - 24;
    assert_eq!(
        text(&whole[..whole.len() - 1]),
        format!(
            "the checkpoint should have {length} bytes after its header, it has {}",
            length - 1
        ),
    );
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    assert_eq!(text(&flipped), "the checkpoint is damaged: its checksum doesn't fit");
    let mut newer = whole.clone();
    newer[8] = 9;
    assert_eq!(text(&newer), "the checkpoint has version 9, this program reads version 4");
}

/// Each would allocate what it claims, up to 54 GB, if it were believed.
#[test]
fn claimed_lengths_are_compared_with_what_is_there() {
    let number = |number: u64| [&[253][..], &number.to_le_bytes()].concat();
    let long = number(54_000_000_000);
    let rest = [0; 40];
    // No settings; two numbers and a step; not stopped; no seconds.
    let begin = [0; 4 + 1 + 8];
    let text = |parts: &[&[u8]]| open(&sealed(&parts.concat())).unwrap_err().to_string();
    assert_eq!(
        text(&[&[1], &long, &rest]),
        "the checkpoint can't be decoded: \
         54000000000 bytes of a text should follow byte 10, 40 bytes do",
    );
    assert_eq!(
        text(&[&long, &rest]),
        "the checkpoint can't be decoded: \
         54000000000 entries of a map should follow byte 9, 40 bytes do",
    );
    assert_eq!(
        text(&[&begin, &long, &rest]),
        "the checkpoint can't be decoded: \
         54000000000 elements of a list should follow byte 22, 40 bytes do",
    );
    // No epochs, no sums, no norms, no best epoch; one weight without a name, of one axis.
    let weight = [&begin[..], &[0, 0], &[0; 10], &[0], &[1, 0, 1]].concat();
    assert_eq!(
        text(&[&weight, &[8], &long, &rest]),
        "the checkpoint can't be decoded: \
         54000000000 bytes of a tensor should follow byte 39, 40 bytes do",
    );
    assert_eq!(
        text(&[&weight, &long, &[4], &rest]),
        "the checkpoint can't be decoded: \
         from_vec: 1 elements can't fill [54000000000], which has 54000000000",
    );
}

#[test]
fn a_damaged_file_is_kept_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = Checkpoint::path(folder.path());
    std::fs::write(&path, b"garbage that is longer than a header").unwrap();
    assert_eq!(
        Checkpoint::load(folder.path()).unwrap_err().to_string(),
        format!(
            "{}: this is no checkpoint of Plywood: its first bytes are others; \
             delete the file to train from the beginning",
            path.display()
        ),
    );
    assert!(path.exists());
}

proptest! {
    #![proptest_config(plywood_testkit::cases(64))]

    /// Contents with a right checksum, but which nobody ever wrote.
    #[test]
    fn prop_arbitrary_contents_never_panic(contents in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = open(&sealed(&contents));
    }

    /// Contents of which any part says that it is very long.
    #[test]
    fn prop_claimed_lengths_take_no_memory(
        at in any::<prop::sample::Index>(),
        claim in prop_oneof![1_u64 << 27..1 << 37, Just(u64::MAX), Just(1 << 62)],
        replaced in 0..10_usize,
    ) {
        let whole = envelope::seal(&checkpoint()).unwrap();
        let contents = &whole[24..];
        let at = at.index(contents.len());
        let rest = contents.get(at + replaced..).unwrap_or_default();
        let claim = [&[253][..], &claim.to_le_bytes()].concat();
        // Whatever the place means, a part of more than 128 MB isn't in there; a number may be so large.
        if let Ok(opened) = open(&sealed(&[&contents[..at], &claim, rest].concat())) {
            let bytes = bincode::serde::encode_to_vec(&opened, bincode::config::standard()).unwrap();
            prop_assert!(bytes.len() < 2 * whole.len());
        }
    }

    #[test]
    fn prop_a_flipped_bit_is_found(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = envelope::seal(&checkpoint()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(open(&bytes).is_err());
    }
}
