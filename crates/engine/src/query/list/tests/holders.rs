//! Who waits longest, by who has them: every mix of who asks, whom and which team is asked for, of which status, and what else narrows
//! it, with somebody in every place that a conversation can be in.

use super::*;

/// Conversations on two channels that wait with nobody, with a team, with an agent, with an agent of a team, and some that do not; who
/// began before whom has nothing to do with it.
fn office() -> World {
    let mut lines = Vec::new();
    for person in 0..42 {
        let who = format!("p{person}/{}", 1 + person % 2);
        let minute = person * 23 % 60;
        let name = ["Ana", "Bia", "Bento"][person % 3];
        lines.push(format!(
            "1.10:{minute:02} {who} in m{person} name={name} ad=A{} clid=c{person}",
            person % 4
        ));
        let then: &[&str] = match person / 2 % 7 {
            0 => &[],
            1 => &["transfer team=t0"],
            2 => &["claim agent=a0"],
            3 => &["transfer team=t0", "claim agent=a0"],
            4 => &["assign to=a1 team=t1"],
            5 => &["assign to=a1 team=t0"],
            _ => &["claim agent=a0", "out o via=web agent=a0"],
        };
        for (hour, what) in (11..).zip(then) {
            let what = what.replace("out o", &format!("out o{person}"));
            lines.push(format!("1.{hour}:{minute:02} {who} {what}"));
        }
    }
    let mut world = World::new();
    for batch in script::records(&lines.join("\n")).chunks(7) {
        world.take(batch);
    }
    world
}

#[test]
fn who_waits_longest_is_told_by_who_has_them() {
    let world = office();
    let seen_by = |teams: &[&str], closed: &[u8]| {
        Sight::Agent(AgentSight {
            account: "default".to_owned(),
            agent: "a0".to_owned(),
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            closed: closed.iter().map(|number| channel(*number)).collect(),
        })
    };
    let sights = [
        Sight::Everything,
        seen_by(&[], &[1, 2]),
        seen_by(&["t0"], &[1]),
        // More holders than lists of them are read as one.
        seen_by(&["t0", "t1"], &[]),
    ];
    let agents = [None, Some("a0"), Some("a1"), Some(Assignee::NOBODY)];
    let statuses = [
        None,
        Some(TicketStatus::New),
        Some(TicketStatus::Unanswered),
        Some(TicketStatus::AwaitingCustomer),
    ];
    let more = [(None, None), (Some("A1"), None), (None, Some("b"))];
    let mut told = 0;
    for sight in &sights {
        for agent in agents {
            for team in [None, Some("t0"), Some("t1")] {
                for status in statuses {
                    for (ad, search) in more {
                        let filter = Filter {
                            account: "default".to_owned(),
                            sight: sight.clone(),
                            agent: agent.map(|agent| Assignee::named(agent.to_owned())),
                            team: team.map(str::to_owned),
                            status,
                            ad: ad.map(str::to_owned),
                            search: search.map(str::to_owned),
                            order: Order::Waiting,
                            ..Filter::default()
                        };
                        world.check(&filter);
                        told += world.expected(&filter).1.len();
                    }
                }
            }
        }
    }
    assert!(told > 1_000, "{told} in all: hardly anybody waits");
}
