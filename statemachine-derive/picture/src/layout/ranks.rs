//! How far down each node is.

use crate::scene::Arrow;

/// The nodes' ranks, from 0 without gaps: each arrow leads to a lower one, but for those that would
/// close a circle, which lead back up, and for loops.
pub fn of(nodes: usize, arrows: &[Arrow]) -> Vec<usize> {
    let below = downward(nodes, arrows);
    let mut ranks = longest_ways(&below);
    pull_down(&mut ranks, &below);
    ranks
}

/// For each node the ones that must be below it. The first arrow between two nodes leads down, and
/// whatever agrees with it.
fn downward(nodes: usize, arrows: &[Arrow]) -> Vec<Vec<usize>> {
    let mut below = vec![Vec::new(); nodes];
    for &Arrow { from, to } in arrows {
        if from == to {
            continue;
        }
        let (upper, lower) = if reaches(&below, to, from) { (to, from) } else { (from, to) };
        if !below[upper].contains(&lower) {
            below[upper].push(lower);
        }
    }
    below
}

fn reaches(below: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut is_known = vec![false; below.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut is_known[node], true) {
            open.extend(&below[node]);
        }
    }
    false
}

fn longest_ways(below: &[Vec<usize>]) -> Vec<usize> {
    let mut ranks = vec![0; below.len()];
    let mut is_settled = false;
    while !is_settled {
        is_settled = true;
        for (upper, lower) in links(below) {
            if ranks[lower] <= ranks[upper] {
                ranks[lower] = ranks[upper] + 1;
                is_settled = false;
            }
        }
    }
    ranks
}

/// Moves nodes with more arrows below than above to where most of theirs get shorter. A longest way
/// stays where it is, so no rank is left empty.
fn pull_down(ranks: &mut [usize], below: &[Vec<usize>]) {
    let mut above = vec![0; below.len()];
    for (_, lower) in links(below) {
        above[lower] += 1;
    }
    let mut upward: Vec<usize> = (0..below.len()).collect();
    upward.sort_by_key(|&node| std::cmp::Reverse(ranks[node]));
    for node in upward {
        if let Some(least) = below[node].iter().map(|&lower| ranks[lower]).min()
            && below[node].len() > above[node]
        {
            ranks[node] = least - 1;
        }
    }
}

fn links(below: &[Vec<usize>]) -> impl Iterator<Item = (usize, usize)> + '_ {
    below
        .iter()
        .enumerate()
        .flat_map(|(upper, lower)| lower.iter().map(move |&lower| (upper, lower)))
}
