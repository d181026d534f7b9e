//! Damaged files of every format: each is an error or an image, and neither takes much memory.

use std::process::Command;

use proptest::prelude::*;
use proptest::sample::Index;

use super::tests::jpeg_of_blocks;
use super::*;

/// The address space of a process that decodes damaged files, in KiB. The test program takes 70 MB of it; a
/// WebP image of as many pixels as 3 KB may stand for, 17 million, would take 400 MB more if its decoder
/// got far, and what the decoders ask for without these checks is 0.6 to 17 GB.
const MOST_KIB: usize = 1 << 19;

/// A small whole file of each format.
fn files() -> Vec<Vec<u8>> {
    let colors = Tensor::from_fn([3, 9, 8], |at| (70 * at[0] + 9 * at[1] + at[2]) as u8);
    let blocks = Tensor::from_fn([3, 3, 4], |at| (20 * at[1] + 7 * at[2] + at[0]) as u8);
    let png = Image::new(colors).and_then(|image| image.encode_png());
    let mut files = vec![
        png.unwrap(),
        jpeg_of_blocks(&blocks),
        include_bytes!("fixtures/noninter420.jpg").to_vec(),
        include_bytes!("fixtures/progressive.jpg").to_vec(),
    ];
    files.extend(netpbm::tests::all_six().map(<[u8]>::to_vec));
    #[cfg(feature = "formats")]
    {
        let pixels: Vec<u8> = (0..8 * 9 * 4).map(|x| (7 * x % 251) as u8).collect();
        files.extend([
            webp::tests::lossy(),
            webp::tests::lossless(&pixels, 8, 4),
            webp::tests::lossless(&pixels, 8, 3),
            webp::tests::animated(),
            include_bytes!("fixtures/frame_23_of_24.webp").to_vec(),
            include_bytes!("fixtures/one_color_16288x5536.webp").to_vec(),
            gif::tests::moving_gif(),
            bmp::tests::bmp_of(&pixels, 8, 9),
            include_bytes!("fixtures/b4_05.bmp").to_vec(),
            bmp::tests::run_lengths(),
        ]);
    }
    files
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    /// A byte becomes another.
    Byte(Index, u8),
    /// The same among the first 64 bytes, where sizes are.
    Header(Index, u8),
    /// Four bytes become a number.
    Number(Index, u32),
    Cut(Index),
    /// A part is there twice.
    Twice(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = || prop_oneof![any::<u8>(), Just(0), Just(0xFF), Just(0x7F)];
    let number = prop_oneof![any::<u32>(), Just(u32::MAX), Just(1 << 31), 0_u32..1 << 14];
    prop_oneof![
        3 => (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        3 => (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Header(at, byte)),
        2 => (any::<Index>(), number).prop_map(|(at, number)| Damage::Number(at, number)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => [any::<Index>(), any::<Index>()].prop_map(|[from, to]| Damage::Twice(from, to)),
    ]
}

impl Damage {
    fn apply(&self, file: &mut Vec<u8>) {
        let length = file.len();
        match *self {
            _ if length == 0 => {}
            Self::Byte(at, byte) => file[at.index(length)] = byte,
            Self::Header(at, byte) => file[at.index(length.min(64))] = byte,
            Self::Number(at, number) => {
                let at = at.index(length);
                for (place, byte) in file[at..].iter_mut().zip(number.to_le_bytes()) {
                    *place = byte;
                }
            }
            Self::Cut(at) => file.truncate(at.index(length)),
            Self::Twice(from, to) => {
                let [from, to] = [from.index(length), to.index(length)];
                let part = file[from.min(to)..from.max(to)].to_vec();
                file.splice(to..to, part);
            }
        }
    }
}

/// Corrects the checksums of a PNG file's chunks, so that damage gets past them.
fn correct_checksums(file: &mut [u8]) {
    let mut chunk = file.len().min(8);
    while let Some(length) = file.get(chunk..chunk + 4) {
        let length = length.iter().fold(0, |all, &byte| all << 8 | usize::from(byte));
        let end = chunk + 8 + length;
        if file.len() < end + 4 {
            return;
        }
        let sum = crc32fast::hash(&file[chunk + 4..end]).to_be_bytes();
        file[end..end + 4].copy_from_slice(&sum);
        chunk = end + 4;
    }
}

proptest! {
    #[test]
    fn prop_damage_is_an_error_or_a_small_image(
        kind in any::<Index>(),
        damage in proptest::collection::vec(damage(), 1..6),
        checksums: bool,
    ) {
        let mut file = kind.get(&files()).clone();
        damage.iter().for_each(|damage| damage.apply(&mut file));
        if checksums && file.starts_with(b"\x89PNG") {
            correct_checksums(&mut file);
        }
        let decoded = Image::decode(&file);
        if let Err(error) = &decoded {
            // Only other people's decoders may.
            let ours = ["jpeg", "bmp", "netpbm"].map(|name| format!("`{name}` panics"));
            prop_assert!(!ours.iter().any(|text| error.to_string().contains(text)));
        }
        if let Ok(image) = decoded {
            let [_, height, width] = image.shape();
            // The densest of the formats are PNG with a bit for a pixel, and WebP with its allowance.
            prop_assert!(height * width <= (1 << 22) + file.len() * 8 * 1032);
        }
        let limits = DecodeLimits::new().max_pixels(64);
        if let Ok(image) = Image::decode_within(&file, limits) {
            let [_, height, width] = image.shape();
            prop_assert!(height * width <= 64);
        }
    }
}

/// Runs this module's property test in a process whose address space is limited: an allocation that fails
/// aborts it.
#[test]
#[cfg(target_os = "linux")]
fn damaged_files_take_little_memory() {
    let test = concat!(module_path!(), "::prop_damage_is_an_error_or_a_small_image");
    let (_, test) = test.split_once("::").unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v {MOST_KIB} && exec \"$@\"")])
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads", "1"])
        // Each arena reserves 64 MB that it may never use.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}
