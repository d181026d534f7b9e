//! Numbers that are a formula of a name.

/// `base + scale · x` for numbers `x` from −1 to 1 that only the name and their places decide: each is the finaliser
/// of MurmurHash3, at the name's FNV-1a and its place, as in `fixtures/models.py`.
pub fn named_noise(name: &str, count: usize, base: f64, scale: f64) -> Vec<f32> {
    let hash = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let start = name.bytes().fold(2_166_136_261, hash);
    let mut numbers = vec![0.0; count];
    for (place, number) in numbers.iter_mut().enumerate() {
        let mut x = start.wrapping_add((place as u32).wrapping_mul(0x9E37_79B9));
        x ^= x >> 16;
        x = x.wrapping_mul(0x85EB_CA6B);
        x ^= x >> 13;
        x = x.wrapping_mul(0xC2B2_AE35);
        x ^= x >> 16;
        *number = (base + scale * (f64::from(x >> 8) / f64::from(1 << 23) - 1.0)) as f32;
    }
    numbers
}
