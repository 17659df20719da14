//! What handles ask for together, and whether they can ever have it all.

use crate::{
    graph::{Graph, StateId, has_bit},
    id::MachineId,
    lock::{Refusal, Request, Word},
    wait::Ask,
};

/// One right that is asked for, and its machine as it was seen.
pub(crate) struct Claim {
    pub(super) machine: MachineId,
    pub(super) graph: &'static Graph,
    pub(super) request: Request,
    pub(super) word: Word,
}

/// Why the rights that it takes can never be had together, if that is so. The one to blame is then the
/// one whose words the refusal is in.
pub(super) fn in_vain(handle: &mut impl Ask) -> Option<Refusal> {
    let claims = claims_of(handle);
    let (position, refusal) = hopeless(&claims).or_else(|| conflict(&claims))?;
    handle.blame(position);
    Some(refusal)
}

/// Whether two of the rights are of one machine.
pub(super) fn share_a_machine(handle: &impl Ask) -> bool {
    have_duplicates(&claims_of(handle))
}

/// How many rights it takes.
pub(super) fn count(handle: &impl Ask) -> usize {
    claims_of(handle).len()
}

fn claims_of(handle: &impl Ask) -> Vec<Claim> {
    let mut claims = Vec::new();
    handle.claims(&mut claims);
    claims
}

fn have_duplicates(claims: &[Claim]) -> bool {
    let mut machines: Vec<_> = claims.iter().map(|claim| claim.machine).collect();
    machines.sort_unstable();
    machines.windows(2).any(|two| two[0] == two[1])
}

/// The first that no state can give that can still be reached.
fn hopeless(claims: &[Claim]) -> Option<(usize, Refusal)> {
    claims.iter().enumerate().find_map(|(position, claim)| {
        let state = claim.word.state();
        let is_hopeful = claim.request.is_hopeful(claim.graph, state);
        (!is_hopeful).then_some((position, Refusal::Unreachable(state)))
    })
}

/// The first that cannot be had beside the others of its machine.
fn conflict(claims: &[Claim]) -> Option<(usize, Refusal)> {
    if !have_duplicates(claims) {
        return None;
    }
    (0..claims.len()).find_map(|position| {
        let is_of_it = |other: &usize| claims[*other].machine == claims[position].machine;
        let is_first = !(0..position).any(|other| is_of_it(&other));
        let group: Vec<usize> = (position..claims.len()).filter(is_of_it).collect();
        (is_first && group.len() > 1).then(|| conflict_in(claims, &group)).flatten()
    })
}

/// The same, for those claims, which are of one machine.
fn conflict_in(claims: &[Claim], group: &[usize]) -> Option<(usize, Refusal)> {
    let Claim { graph, word, .. } = claims[group[0]];
    let present = word.state();
    let others = StateId::first(graph.nodes.len())
        .filter(|&state| state != present && has_bit(graph.reach_of(present), state));
    let mut conflict = take_all(claims, group, present).err()?;
    for state in others {
        let another = take_all(claims, group, state).err()?;
        // That each has its own state says less than that they exclude each other where both have theirs.
        if matches!(conflict.1, Refusal::WrongState(_))
            && !matches!(another.1, Refusal::WrongState(_))
        {
            conflict = another;
        }
    }
    Some(conflict)
}

/// Takes them one after the other, as if nobody else had a right to the machine.
fn take_all(claims: &[Claim], group: &[usize], state: StateId) -> Result<(), (usize, Refusal)> {
    let mut word = Word::idle(state);
    for &position in group {
        let step = claims[position].request.step(word);
        (_, word) = step.map_err(|refusal| (position, refusal))?;
    }
    Ok(())
}
