//! A checkpoint that is not whole is named, never taken up, and never a panic.

use plywood_optimizers::Adam;
use plywood_tensor::Tensor;
use proptest::prelude::*;

use super::*;

fn checkpoint() -> Checkpoint {
    let model = vec![plywood_autodiff::Param::new(Tensor::arange(5))];
    let mut checkpoint = Checkpoint::begin(BTreeMap::from([("seed".into(), "7".into())]));
    checkpoint.capture(&model, &Adam::default());
    checkpoint.best = Some(Best::new(1, 0.5, Some(&model)));
    checkpoint
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
    assert_eq!(text(&newer), "the checkpoint has version 9, this program reads version 2");
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

    /// Contents with a right checksum, but which bincode never wrote.
    #[test]
    fn prop_arbitrary_contents_never_panic(contents in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = Vec::new();
        bytes.extend(b"PLYWCKPT");
        bytes.extend(2_u32.to_le_bytes());
        bytes.extend(crc32fast::hash(&contents).to_le_bytes());
        bytes.extend((contents.len() as u64).to_le_bytes());
        bytes.extend(&contents);
        let _ = open(&bytes);
    }

    #[test]
    fn prop_a_flipped_bit_is_found(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = envelope::seal(&checkpoint()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(open(&bytes).is_err());
    }
}
