//! A consumer group: who owns which partition, what its members still have to be told, and whose commits count.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use crate::runtime::log::Event;

pub(super) type MemberId = u64;

#[derive(Debug, Default)]
pub(super) struct Group {
    pub offsets: HashMap<(Arc<str>, i32), i64>,
    /// Grows with every change of the assignment.
    generation: u64,
    /// Those present. A member that was thrown out is not here: its commits are refused.
    members: BTreeMap<MemberId, Member>,
    owners: BTreeMap<i32, MemberId>,
    /// Who gets a partition as soon as its owner has let go.
    heirs: BTreeMap<i32, MemberId>,
}

#[derive(Debug, Default)]
struct Member {
    /// The one it has heard of: commits are made under it.
    generation: u64,
    news: VecDeque<Event>,
}

impl Group {
    pub fn join(&mut self, member: MemberId) {
        self.members.insert(member, Member { generation: self.generation, news: VecDeque::new() });
    }

    pub fn contains(&self, member: MemberId) -> bool {
        self.members.contains_key(&member)
    }

    /// The assignment changes, for reasons of nobody here.
    pub fn move_on(&mut self) {
        self.generation += 1;
    }

    /// Why a commit of this member is refused, if it is.
    pub fn refusal(&self, member: MemberId) -> Option<&'static str> {
        match self.members.get(&member) {
            None => Some("unknown member"),
            Some(member) if member.generation < self.generation => Some("illegal generation"),
            Some(_) => None,
        }
    }

    pub fn owned_by(&self, member: MemberId) -> Vec<i32> {
        self.owners.iter().filter(|(_, m)| **m == member).map(|(p, _)| *p).collect()
    }

    /// From now on `member` shall own exactly `partitions`; those of others are taken from them first.
    pub fn rebalance(&mut self, member: MemberId, partitions: &[i32]) {
        self.generation += 1;
        let mut revoked: BTreeMap<MemberId, Vec<i32>> = BTreeMap::new();
        let mut given = Vec::new();
        for &p in partitions {
            match self.owners.get(&p) {
                Some(owner) if *owner == member => {}
                Some(owner) => {
                    revoked.entry(*owner).or_default().push(p);
                    self.heirs.insert(p, member);
                }
                None => given.push(p),
            }
        }
        let surplus: Vec<i32> = self.owned_by(member).into_iter().filter(|p| !partitions.contains(p)).collect();
        if !surplus.is_empty() {
            revoked.entry(member).or_default().extend(surplus);
        }
        for (from, partitions) in revoked {
            self.tell(from, Event::Revoked { partitions, lost: false });
        }
        self.give(member, given);
    }

    fn give(&mut self, member: MemberId, partitions: Vec<i32>) {
        for p in &partitions {
            self.owners.insert(*p, member);
        }
        self.tell(member, Event::Assigned(partitions));
    }

    fn tell(&mut self, member: MemberId, news: Event) {
        if let Some(member) = self.members.get_mut(&member) {
            member.news.push_back(news);
        }
    }

    /// What the member was not told yet; with it, it is of the present generation.
    pub fn news(&mut self, member: MemberId) -> VecDeque<Event> {
        let Some(member) = self.members.get_mut(&member) else { return VecDeque::new() };
        member.generation = self.generation;
        std::mem::take(&mut member.news)
    }

    /// The member has let go of these.
    pub fn release(&mut self, member: MemberId, partitions: &[i32]) {
        for p in partitions {
            if self.owners.get(p) != Some(&member) {
                continue;
            }
            self.owners.remove(p);
            if let Some(heir) = self.heirs.remove(p) {
                self.generation += 1;
                self.give(heir, vec![*p]);
            }
        }
    }

    /// The member missed its session: others may have its partitions at once.
    pub fn throw_out(&mut self, member: MemberId) -> Vec<i32> {
        self.generation += 1;
        self.members.remove(&member);
        let lost = self.owned_by(member);
        self.release(member, &lost);
        lost
    }
}
