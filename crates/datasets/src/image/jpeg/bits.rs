//! The bits of coded data, and Huffman's codes in them.

use plywood_tensor::{Error, Result};

/// Codes of at most so many bits are looked up.
const SHORT: u32 = 9;

/// Bits from the most significant on. Past the end there are zeros, and [`is_over`](Self::is_over) knows.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the top; those below the first `count` of them are not to be used.
    next: u64,
    count: u32,
    /// How many of the last bits aren't in the data.
    made_up: u32,
    /// Whether bits were taken that begin no code.
    wrong: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, next: 0, count: 0, made_up: 0, wrong: false }
    }

    /// Makes sure of 32 bits, as many as a code and its number have together.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        if self.count < 32 {
            self.refill();
        }
    }

    fn refill(&mut self) {
        const LOW: u64 = u64::MAX / 255;
        if let Some(Ok(eight)) = self.data.get(self.at..self.at + 8).map(<[u8; 8]>::try_from) {
            let eight = u64::from_be_bytes(eight);
            // No byte is FF: none of the complement is 0.
            if (!eight).wrapping_sub(LOW) & eight & (LOW << 7) == 0 {
                self.next |= eight >> self.count;
                self.at += ((63 - self.count) >> 3) as usize;
                self.count |= 56;
                return;
            }
        }
        // Whole bytes only: the fast way has left a part of one below them.
        self.next =
            if self.count == 0 { 0 } else { self.next >> (64 - self.count) << (64 - self.count) };
        while self.count <= 56 {
            let byte = match self.data[self.at.min(self.data.len())..] {
                [0xFF, 0, ..] => {
                    self.at += 2;
                    0xFF
                }
                [] | [0xFF, ..] => {
                    self.made_up += 8;
                    0
                }
                [byte, ..] => {
                    self.at += 1;
                    byte
                }
            };
            self.next |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.next <<= bits;
        self.count -= bits;
    }

    /// The next `bits` bits, at most 16, as a number; [`fill`](Self::fill) comes before.
    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) -> u32 {
        let value = (self.next >> 32 >> (32 - bits)) as u32;
        self.skip(bits);
        value
    }

    /// A number whose category is `bits`: the lower half of those with so many bits are negative.
    #[inline(always)]
    pub(super) fn number(&mut self, bits: u32) -> i32 {
        let value = self.take(bits) as i32;
        let least = (1 << bits) >> 1;
        if value < least { value - (1 << bits) + 1 } else { value }
    }

    /// Whether bits were taken that begin no code.
    pub(super) fn are_wrong(&self) -> bool {
        self.wrong
    }

    /// Whether bits were taken that the data don't have.
    pub(super) fn is_over(&self) -> bool {
        self.count < self.made_up
    }

    /// The whole bytes that weren't taken. A restart marker at the end, which some programs write after the last
    /// interval, is none of them.
    pub(super) fn bytes_left(&self) -> usize {
        let unread = (self.count.saturating_sub(self.made_up) / 8) as usize;
        let rest = &self.data[self.at.min(self.data.len())..];
        let fills = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        match rest[fills..] {
            [] | [0xD0..=0xD7] if fills > 0 || rest.is_empty() => unread,
            _ => unread + rest.len(),
        }
    }

    /// Goes on after the next restart marker. False where other data or nothing is before it, or it has another
    /// number: an interval is missing, or there twice.
    pub(super) fn restart(&mut self, number: u8) -> bool {
        let unread = (self.count.saturating_sub(self.made_up) / 8) as usize;
        let rest = &self.data[self.at.min(self.data.len())..];
        let fills = rest.iter().take_while(|&&byte| byte == 0xFF).count();
        let marker = rest.get(fills).copied().unwrap_or_default();
        if self.is_over() || unread > 0 || fills == 0 || marker != 0xD0 + number % 8 {
            return false;
        }
        *self = Self { at: self.at + fills + 1, wrong: self.wrong, ..Self::new(self.data) };
        true
    }
}

/// A table of Huffman's codes.
pub(super) struct HuffmanTable {
    /// For the next [`SHORT`] bits: the length of the code that they begin with, 0 if it is longer, and its
    /// symbol.
    short: Vec<(u8, u8)>,
    /// For the same bits, if a coefficient is all in them: its value, the zeros before it, and the bits of
    /// both together, 0 if it isn't.
    whole: Vec<(i8, u8, u8)>,
    /// For codes of each length: one more than the last, from the top of 16 bits.
    above: [u32; 17],
    /// What is added to a code of each length for its place among the symbols.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// Of how many codes there are of each length, and their symbols in order.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let wrong =
            || Error::data("a table of its codes makes no sense").hint("the file is corrupted");
        let mut codes = Self {
            short: vec![(0, 0); 1 << SHORT],
            whole: vec![(0, 0, 0); 1 << SHORT],
            above: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, &count) in (1..=16_u32).zip(counts) {
            codes.offsets[length as usize] = place as i32 - code as i32;
            for _ in 0..count {
                let &symbol = symbols.get(place).ok_or_else(wrong)?;
                if code >= 1 << length {
                    return Err(wrong());
                }
                if length <= SHORT {
                    let first = (code << (SHORT - length)) as usize;
                    let many = 1 << (SHORT - length);
                    codes.short[first..first + many].fill((length as u8, symbol));
                }
                (code, place) = (code + 1, place + 1);
            }
            codes.above[length as usize] = code << (16 - length);
            code <<= 1;
        }
        for bits in 0..1_u32 << SHORT {
            let (length, symbol) = codes.short[bits as usize];
            let (zeros, category) = (symbol >> 4, u32::from(symbol & 15));
            let both = u32::from(length) + category;
            if length == 0 || category == 0 || both > SHORT {
                continue;
            }
            let mut rest = Bits::new(&[]);
            rest.next = u64::from(bits) << (64 - SHORT + u32::from(length));
            rest.count = 32;
            let value = rest.number(category);
            if let Ok(value) = i8::try_from(value) {
                codes.whole[bits as usize] = (value, zeros, both as u8);
            }
        }
        Ok(codes)
    }

    /// The symbol of the next code; 0 where there is no such code. [`fill`](Bits::fill) comes before.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> u8 {
        let (length, symbol) = self.short[(bits.next >> (64 - SHORT)) as usize];
        if length > 0 {
            bits.skip(u32::from(length));
            return symbol;
        }
        self.long(bits)
    }

    #[inline(never)]
    fn long(&self, bits: &mut Bits<'_>) -> u8 {
        let sixteen = (bits.next >> 48) as u32;
        for length in SHORT + 1..=16 {
            if sixteen < self.above[length as usize] {
                let code = (sixteen >> (16 - length)) as i32;
                bits.skip(length);
                let place = code + self.offsets[length as usize];
                return self.symbols.get(place as usize).copied().unwrap_or(0);
            }
        }
        // No code begins so: what follows is no data. They are used up, so that the end is seen.
        bits.skip(16);
        bits.wrong = true;
        0
    }

    /// A coefficient that is all in the next few bits, with the zeros before it.
    #[inline(always)]
    pub(super) fn whole(&self, bits: &mut Bits<'_>) -> Option<(i32, usize)> {
        let (value, zeros, both) = self.whole[(bits.next >> (64 - SHORT)) as usize];
        if both == 0 {
            return None;
        }
        bits.skip(u32::from(both));
        Some((i32::from(value), usize::from(zeros)))
    }
}
