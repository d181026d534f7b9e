//! How a translation is chosen, word for word: the best, or the best of several at a time.

use plywood_layers::Settings;

use crate::sampling::largest;

/// Keeps the `beams` most probable translations at each word, and takes the best in the end. With one beam it is the
/// greedy search, which takes the most probable word each time.
///
/// A sum of logarithms gets smaller with every word; so that short translations aren't preferred it is divided by
/// `length^length_penalty`.
///
/// Source: Wu et al., "Google's neural machine translation system" (2016), section 7, for normalising by length.
///
/// ```
/// use plywood_zoo::BeamSearch;
///
/// let greedy = BeamSearch::new().beams(1);
/// assert_eq!(format!("{greedy:?}"), "BeamSearch { beams: 1, length_penalty: 1.0 }");
/// assert_eq!(BeamSearch::default(), BeamSearch::new().beams(5));
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
pub struct BeamSearch {
    /// The translations that are kept at each word.
    #[setting(default = 5, range = 1.0..=100.0, alias = "num_beams")]
    pub(super) beams: usize,
    /// The power of the length that a translation's score is divided by: 0 takes the sum of the logarithms, 1 their
    /// mean, more prefers long translations.
    #[setting(default = 1.0, range = -10.0..=10.0)]
    pub(super) length_penalty: f64,
}

/// A translation, or the beginning of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hypothesis {
    pub(super) tokens: Vec<u32>,
    /// The sum of the logarithms of its words' probabilities.
    pub(super) score: f64,
}

/// What is known of the translations of one sentence.
#[derive(Debug)]
pub(super) struct Beam {
    /// The translations under way, best first.
    pub(super) alive: Vec<Hypothesis>,
    finished: Vec<(f64, Hypothesis)>,
    /// The most words of a translation.
    limit: usize,
}

impl Beam {
    pub(super) fn new(limit: usize) -> Self {
        let start = Hypothesis { tokens: Vec::new(), score: 0.0 };
        Self { alive: vec![start], finished: Vec::new(), limit }
    }

    /// Goes on by one word, from the logarithms of the words' probabilities after each translation under way. Gives
    /// which of these each new one goes on from; none where the sentence is done.
    pub(super) fn go_on(
        &mut self,
        log_probabilities: &[&[f32]],
        end: u32,
        search: &BeamSearch,
    ) -> Vec<usize> {
        let mut next: Vec<(f64, usize, u32)> = Vec::new();
        for (from, (own, row)) in self.alive.iter().zip(log_probabilities).enumerate() {
            let best = largest(row, 2 * search.beams);
            next.extend(
                best.into_iter().map(|(token, log)| (own.score + f64::from(log), from, token)),
            );
        }
        // What can't come next is no candidate, not even where there are too few others.
        next.retain(|&(score, ..)| score > f64::NEG_INFINITY);
        next.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut alive, mut parents) = (Vec::new(), Vec::new());
        for (rank, (score, from, token)) in next.into_iter().enumerate() {
            let mut tokens = self.alive[from].tokens.clone();
            if token == end {
                // One that is among the best now; others may still become better.
                if rank < search.beams {
                    let length = (tokens.len() + 1) as f64;
                    let normalized = score / length.powf(search.length_penalty);
                    self.finished.push((normalized, Hypothesis { tokens, score }));
                }
                continue;
            }
            tokens.push(token);
            alive.push(Hypothesis { tokens, score });
            parents.push(from);
            if alive.len() == search.beams {
                break;
            }
        }
        let length = alive.first().map_or(0, |own: &Hypothesis| own.tokens.len());
        if self.finished.len() >= search.beams || length >= self.limit || alive.is_empty() {
            // What is cut off counts if nothing has come to an end.
            if self.finished.is_empty() {
                self.finished.extend(alive.into_iter().take(1).map(|own| (own.score, own)));
            }
            self.alive.clear();
            return Vec::new();
        }
        self.alive = alive;
        parents
    }

    /// The best translation.
    pub(super) fn best(self) -> Vec<u32> {
        let best = self
            .finished
            .into_iter()
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, own)| own.tokens).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probabilities of the words 0 to 2, of which 0 is the end, that depend on the number of words so far.
    fn search(beams: usize, length_penalty: f64, rows: &[[f32; 3]]) -> Vec<u32> {
        let search = BeamSearch::new().beams(beams).length_penalty(length_penalty);
        let mut beam = Beam::new(rows.len());
        for row in rows {
            let logs = row.map(f32::ln);
            let same: Vec<&[f32]> = beam.alive.iter().map(|_| &logs[..]).collect();
            if beam.go_on(&same, 0, &search).is_empty() {
                break;
            }
        }
        beam.best()
    }

    #[test]
    fn a_length_penalty_prefers_longer_translations() {
        let rows = [[0.4, 0.6, 0.0], [0.5, 0.3, 0.2], [0.9, 0.05, 0.05]];
        assert_eq!(search(1, 1.0, &rows), [1]); // word 1 first, then the end
        assert_eq!(search(2, 0.0, &rows), [0_u32; 0]); // 0.4 is more than 0.6 · 0.5
        assert_eq!(search(2, 1.0, &rows), [1]); // ln(0.3) / 2 is more than ln(0.4)
    }

    #[test]
    fn what_never_ends_is_cut_off() {
        assert_eq!(search(3, 1.0, &[[0.0, 0.5, 0.5]; 4]).len(), 4);
    }
}
