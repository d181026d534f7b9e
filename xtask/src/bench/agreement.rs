//! Whether both sides have computed the same.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// How far results, losses and lengths of gradients may be apart, as a share of the length.
const TOLERANCE: f64 = 1e-3;
/// How far a single gradient of a network may be. PyTorch's own are off by so much: those of ResNet-18
/// in `f32` differ from those in `f64` by up to 1e-2, since a ReLU or a maximum at the edge falls to
/// either side, and their lengths by up to 1e-3.
const OF_ONE_GRADIENT: f64 = 3e-2;
/// Results so much shorter than the longest are rounding errors.
const NOTHING: f64 = 1e-6;

/// For each result by name: its length, and its product with a fixed vector.
type Fingerprints = BTreeMap<String, [f64; 2]>;

/// Compares the answers to a `prepare`.
///
/// # Errors
/// When one side has a result that the other hasn't, or a result differs: times of different work
/// say nothing.
pub(super) fn agree(ours: &Value, theirs: &Value, them: &str) -> Result<()> {
    let read = |answer: &Value| -> Result<Fingerprints> {
        serde_json::from_value(answer["check"].clone()).context("an answer without results")
    };
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    if !ours.keys().eq(theirs.keys()) {
        let names = |prints: &Fingerprints| prints.keys().cloned().collect::<Vec<_>>().join(", ");
        bail!("here are the results {}; {them} has {}", names(&ours), names(&theirs));
    }
    let longest = ours.values().chain(theirs.values()).map(|[length, _]| *length);
    let longest = longest.fold(0.0, f64::max);
    let of_network = ours.contains_key("loss");
    for (name, own) in &ours {
        let single = of_network && name != "loss";
        let tolerance = if single { OF_ONE_GRADIENT } else { TOLERANCE };
        close(name, *own, theirs[name], NOTHING * longest, tolerance, them)?;
    }
    if of_network {
        let [own, their] = [&ours, &theirs].map(|prints| [all_gradients(prints), 0.0]);
        close("the length of all gradients", own, their, 0.0, TOLERANCE, them)?;
    }
    Ok(())
}

/// The length of all gradients of a network as one vector.
fn all_gradients(prints: &Fingerprints) -> f64 {
    let gradients = prints.iter().filter(|(name, _)| *name != "loss");
    gradients.map(|(_, [length, _])| length * length).sum::<f64>().sqrt()
}

fn close(
    name: &str,
    own: [f64; 2],
    their: [f64; 2],
    least: f64,
    tolerance: f64,
    them: &str,
) -> Result<()> {
    let scale = own[0].max(their[0]).max(least).max(f64::MIN_POSITIVE);
    let [apart, turned] = [0, 1].map(|part| (own[part] - their[part]).abs() / scale);
    // A NaN is never close.
    if apart <= tolerance && turned <= tolerance {
        return Ok(());
    }
    bail!(
        "{name} differs: length {} here, {} of {them} ({apart:.1e} and {turned:.1e} apart, \
         {tolerance:.0e} allowed)",
        own[0],
        their[0]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(ours: Value, theirs: Value) -> String {
        agree(&json!({ "check": ours }), &json!({ "check": theirs }), "PyTorch")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn rounding_is_allowed() {
        let ours = json!({ "check": { "y": [2.3, -2.3], "x": [1e-9, 1e-9] } });
        let theirs = json!({ "check": { "y": [2.3001, -2.3001], "x": [2e-9, 2e-9] } });
        agree(&ours, &theirs, "PyTorch").unwrap();
    }

    #[test]
    fn another_loss_is_refused() {
        let text = refusal(json!({ "loss": [2.3, 1.0] }), json!({ "loss": [2.31, 1.0] }));
        assert!(text.starts_with("loss differs: length 2.3 here, 2.31 of PyTorch"), "{text}");
        assert!(
            refusal(json!({ "y": [1.0, 0.5] }), json!({ "y": [1.0, 0.6] })).contains("y differs")
        );
        assert!(agree(&json!({ "check": { "y": [1.0, null] } }), &json!({}), "PyTorch").is_err());
    }

    #[test]
    fn a_single_gradient_may_differ_a_little_all_together_less() {
        let prints = |small: f64, large: f64| json!({ "check": { "loss": [2, 2], "a": [small, small], "b": [large, large] } });
        agree(&prints(1.0, 10.0), &prints(1.01, 10.0), "PyTorch").unwrap();
        let error =
            agree(&prints(1.0, 10.0), &prints(1.0, 10.1), "PyTorch").unwrap_err().to_string();
        assert!(error.starts_with("the length of all gradients differs"), "{error}");
        let error =
            agree(&prints(1.0, 10.0), &prints(1.1, 10.0), "PyTorch").unwrap_err().to_string();
        assert!(error.starts_with("a differs"), "{error}");
    }

    #[test]
    fn missing_results_are_named() {
        let text = refusal(json!({ "loss": [1, 1], "w": [1, 1] }), json!({ "loss": [1, 1] }));
        assert_eq!(text, "here are the results loss, w; PyTorch has loss");
    }
}
