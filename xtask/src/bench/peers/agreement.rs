//! Whether both sides have computed the same.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

/// How far results may be apart, as a share of their length.
const TOLERANCE: f64 = 1e-3;
/// Results so much shorter than the longest are rounding errors.
const NOTHING: f64 = 1e-6;

/// For each result by name: its length, and its product with a fixed vector.
type Fingerprints = BTreeMap<String, [f64; 2]>;

/// Compares the answers to a `prepare`.
///
/// # Errors
/// When one side has a result that the other hasn't, or a result differs: times of different work
/// say nothing.
pub(super) fn agree(plywood: &Value, torch: &Value) -> Result<()> {
    let read = |answer: &Value| -> Result<Fingerprints> {
        serde_json::from_value(answer["check"].clone()).context("an answer without results")
    };
    let (ours, theirs) = (read(plywood)?, read(torch)?);
    if !ours.keys().eq(theirs.keys()) {
        let names = |prints: &Fingerprints| prints.keys().cloned().collect::<Vec<_>>().join(", ");
        bail!("Plywood has the results {}; PyTorch has {}", names(&ours), names(&theirs));
    }
    let longest = ours.values().chain(theirs.values()).map(|[length, _]| *length);
    let longest = longest.fold(0.0, f64::max);
    for (name, own) in &ours {
        let their = &theirs[name];
        let scale = own[0].max(their[0]).max(NOTHING * longest);
        let apart = own.iter().zip(their).map(|(a, b)| (a - b).abs() / scale);
        // A NaN is never close.
        if !apart.clone().all(|apart| apart <= TOLERANCE) {
            let [apart, turned] = [0, 1].map(|place| apart.clone().nth(place).unwrap_or(f64::NAN));
            bail!(
                "{name} differs: length {} here, {} in PyTorch ({apart:.1e} and {turned:.1e} \
                 apart, {TOLERANCE:.0e} allowed)",
                own[0],
                their[0]
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(ours: Value, theirs: Value) -> String {
        agree(&json!({ "check": ours }), &json!({ "check": theirs })).unwrap_err().to_string()
    }

    #[test]
    fn rounding_is_allowed() {
        let ours = json!({ "check": { "loss": [2.3, -2.3], "w": [1e-9, 1e-9] } });
        let theirs = json!({ "check": { "loss": [2.3001, -2.3001], "w": [2e-9, 2e-9] } });
        agree(&ours, &theirs).unwrap();
    }

    #[test]
    fn another_loss_is_refused() {
        let text = refusal(json!({ "loss": [2.3, 1.0] }), json!({ "loss": [2.31, 1.0] }));
        assert!(text.starts_with("loss differs: length 2.3 here, 2.31 in PyTorch"), "{text}");
        assert!(
            refusal(json!({ "y": [1.0, 0.5] }), json!({ "y": [1.0, 0.6] })).contains("y differs")
        );
        assert!(agree(&json!({ "check": { "y": [1.0, null] } }), &json!({})).is_err());
    }

    #[test]
    fn missing_results_are_named() {
        let text = refusal(json!({ "loss": [1, 1], "w": [1, 1] }), json!({ "loss": [1, 1] }));
        assert_eq!(text, "Plywood has the results loss, w; PyTorch has loss");
    }
}
