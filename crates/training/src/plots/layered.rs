//! Where the nodes of a graph are drawn: in layers, each below all that it follows from.
//!
//! Source: Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
//! structures" (1981): layers, an order in each that crosses few edges, then places.

use crate::order::largest_first;

/// Pixels between two nodes side by side.
const GAP: f64 = 22.0;
/// How often the orders are improved, downward and upward in turns.
const ORDER_SWEEPS: usize = 12;
/// How often the places are.
const PLACE_SWEEPS: usize = 60;

/// Where everything is.
pub(super) struct Layout {
    /// The middle of each node.
    pub(super) middles: Vec<f64>,
    /// The layer of each node, the topmost being 0.
    pub(super) layers: Vec<usize>,
    /// For each edge, where it passes each layer from its start to its end.
    pub(super) paths: Vec<Vec<f64>>,
    /// The width of it all.
    pub(super) width: f64,
}

/// A node, or a place where a long edge passes a layer.
struct Spot {
    layer: usize,
    width: f64,
    above: Vec<usize>,
    below: Vec<usize>,
    x: f64,
}

impl Spot {
    /// How much others give way to it: what flows through the graph goes straight down, and what
    /// only enters it, such as parameters, stands aside.
    fn weight(&self) -> f64 {
        if self.above.is_empty() { 0.05 } else { 1.0 }
    }
}

/// Lays out nodes of these widths; each edge leads from a node to a later one.
pub(super) fn layout(widths: &[f64], edges: &[(usize, usize)]) -> Layout {
    let layers = layers(widths.len(), edges);
    let spot = |(&layer, &width): (&usize, &f64)| Spot {
        layer,
        width,
        above: Vec::new(),
        below: Vec::new(),
        x: 0.0,
    };
    let mut spots: Vec<Spot> = layers.iter().zip(widths).map(spot).collect();
    let chains: Vec<Vec<usize>> = edges.iter().map(|edge| chain(&mut spots, *edge)).collect();

    let count = layers.iter().max().map_or(0, |last| last + 1);
    let mut rows = vec![Vec::new(); count];
    for (index, spot) in spots.iter().enumerate() {
        rows[spot.layer].push(index);
    }
    order(&mut spots, &mut rows);
    for sweep in 0..PLACE_SWEEPS {
        for step in 0..count {
            let row = if sweep % 2 == 0 { step } else { count - 1 - step };
            place(&mut spots, &rows[row]);
        }
    }

    let left = spots.iter().map(|spot| spot.x - spot.width / 2.0).fold(f64::MAX, f64::min);
    let right = spots.iter().map(|spot| spot.x + spot.width / 2.0).fold(f64::MIN, f64::max);
    let x = |index: usize| spots[index].x - left;
    Layout {
        middles: (0..widths.len()).map(x).collect(),
        paths: chains.iter().map(|chain| chain.iter().map(|&spot| x(spot)).collect()).collect(),
        layers,
        width: (right - left).max(0.0),
    }
}

/// Below all that a node follows from; what follows from nothing, just above what it is used by.
fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; nodes];
    let mut by_end = edges.to_vec();
    by_end.sort_unstable_by_key(|&(_, to)| to);
    for &(from, to) in &by_end {
        layers[to] = layers[to].max(layers[from] + 1);
    }
    for node in 0..nodes {
        if by_end.binary_search_by_key(&node, |&(_, to)| to).is_err() {
            let users = edges.iter().filter(|&&(from, _)| from == node);
            layers[node] = users.map(|&(_, to)| layers[to] - 1).min().unwrap_or(0);
        }
    }
    layers
}

/// Links the two ends of an edge, through a spot in each layer between them.
fn chain(spots: &mut Vec<Spot>, (from, to): (usize, usize)) -> Vec<usize> {
    let mut chain = vec![from];
    for layer in spots[from].layer + 1..spots[to].layer {
        chain.push(spots.len());
        spots.push(Spot { layer, width: 1.0, above: Vec::new(), below: Vec::new(), x: 0.0 });
    }
    chain.push(to);
    for pair in chain.windows(2) {
        spots[pair[0]].below.push(pair[1]);
        spots[pair[1]].above.push(pair[0]);
    }
    chain
}

/// Orders each row by the mean place of its neighbours in the row before, downward and upward in
/// turns.
fn order(spots: &mut [Spot], rows: &mut [Vec<usize>]) {
    for sweep in 0..=ORDER_SWEEPS {
        let down = sweep % 2 == 0;
        for step in 0..rows.len() {
            let row = if down { step } else { rows.len() - 1 - step };
            let mean = |spot: &Spot| {
                let neighbours = if down { &spot.above } else { &spot.below };
                let sum: f64 = neighbours.iter().map(|&index| spots[index].x).sum();
                // Those without neighbours stay where they are.
                if neighbours.is_empty() { spot.x } else { sum / neighbours.len() as f64 }
            };
            if sweep > 0 {
                let from_the_right = rows[row].iter().map(|&index| -mean(&spots[index]));
                let order = largest_first(&from_the_right.collect::<Vec<f64>>());
                rows[row] = order.into_iter().map(|place| rows[row][place]).collect();
            }
            let middle = rows[row].len() as f64 / 2.0;
            for (place, &index) in rows[row].iter().enumerate() {
                spots[index].x = place as f64 - middle;
            }
        }
    }
    for row in rows {
        let mut x = 0.0;
        for &index in row.iter() {
            spots[index].x = x + spots[index].width / 2.0;
            x += spots[index].width + GAP;
        }
    }
}

/// Moves a row's spots as near to the means of all their neighbours as their order and widths
/// allow: the least squares under such bounds are an isotonic regression, which pools those that
/// would overlap.
fn place(spots: &mut [Spot], row: &[usize]) {
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for (place, &index) in row.iter().enumerate() {
        if place > 0 {
            offset += (spots[row[place - 1]].width + spots[index].width) / 2.0 + GAP;
        }
        offsets.push(offset);
    }
    // Each pool has the weighted sum of what its members wish, their weight, and their number.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (&index, offset) in row.iter().zip(&offsets) {
        let spot = &spots[index];
        let neighbours = spot.above.iter().chain(&spot.below);
        let (sum, all) = neighbours.fold((0.0, 0.0), |(sum, all), &neighbour| {
            let weight = spots[neighbour].weight();
            (sum + weight * spots[neighbour].x, all + weight)
        });
        let wish = if all == 0.0 { spot.x } else { sum / all };
        pools.push(((wish - offset) * spot.weight(), spot.weight(), 1));
        while let [.., (a, v, n), (b, w, m)] = pools[..] {
            if a / v <= b / w {
                break;
            }
            pools.truncate(pools.len() - 2);
            pools.push((a + b, v + w, n + m));
        }
    }
    let shifts = pools.iter().flat_map(|&(sum, all, n)| std::iter::repeat_n(sum / all, n));
    for ((&index, offset), shift) in row.iter().zip(offsets).zip(shifts) {
        spots[index].x = offset + shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_below_what_they_follow_from_and_beside_one_another() {
        let widths = [40.0, 80.0, 20.0, 60.0, 40.0, 30.0];
        let edges = [(0, 2), (1, 2), (2, 3), (0, 4), (3, 4), (5, 4)];
        let Layout { middles, layers, paths, width } = layout(&widths, &edges);
        assert_eq!(layers, [0, 0, 1, 2, 3, 2]);
        for (&(from, to), path) in edges.iter().zip(&paths) {
            assert_eq!(path.len(), layers[to] - layers[from] + 1);
            assert_eq!((path[0], path[path.len() - 1]), (middles[from], middles[to]));
        }
        for a in 0..widths.len() {
            let [left, right] = [-0.5, 0.5].map(|half| middles[a] + half * widths[a]);
            assert!(left >= -1e-9 && right <= width + 1e-9);
            for b in (0..a).filter(|&b| layers[a] == layers[b]) {
                let apart = (middles[a] - middles[b]).abs() - (widths[a] + widths[b]) / 2.0;
                assert!(apart >= GAP - 1e-9, "{a} and {b} are {apart} apart");
            }
        }
    }

    #[test]
    fn a_chain_is_straight_and_edges_dont_cross_for_nothing() {
        let chain = layout(&[10.0, 50.0, 20.0], &[(0, 1), (1, 2)]);
        // To the pixel, which is what is drawn.
        assert!(chain.middles.iter().all(|x| (x - 25.0).abs() < 0.1), "{:?}", chain.middles);
        // Drawn in the order of the nodes, the edges would cross.
        let pairs = layout(&[10.0; 4], &[(0, 3), (1, 2)]);
        let [a, b, c, d] = pairs.middles[..] else { panic!("four nodes") };
        assert_eq!(a < b, d < c);
        assert_eq!(layout(&[], &[]).middles, [0.0; 0]);
    }
}
