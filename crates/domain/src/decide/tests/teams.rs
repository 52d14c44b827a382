//! Rules of teams, as rows: where a ticket may go, and with whom its lead may be.

use super::*;

#[test]
fn a_ticket_goes_to_who_works_on_its_channel() {
    let mut shop = Shop::new();
    for (who, act, on, answer) in [
        ("ana", "transfer to=iris", "ana", "ok"),
        ("ana", "transfer to=caio", "ana", "agent_not_linked ana"),
        ("dora", "assign to=caio", "new", "agent_not_linked"),
        ("eva", "assign to=caio", "new", "agent_not_linked"),
        ("dora/caio", "claim", "new", "agent_not_linked"),
        ("dora/caio", "takeover", "none", "agent_not_linked"),
        (
            "dora/caio",
            "takeover",
            "caio support finished",
            "agent_not_linked caio",
        ),
        // What is the team's already, it may have.
        ("caio", "claim", "new support", "ok"),
        ("dora", "assign to=caio", "new support", "ok"),
        // Both are named.
        ("ana", "transfer to=bia team=outlet", "ana", "agent_not_in_team ana"),
        ("ana", "transfer to=caio team=sales", "ana", "agent_not_in_team ana"),
        ("eva", "transfer to=bia team=outlet", "ana", "agent_not_in_team ana"),
        ("dora", "transfer to=caio team=support", "ana", "team_not_linked ana"),
        // Whoever manages needs no team, but brings the only one.
        ("ana", "transfer to=dora", "ana", "ok"),
        ("ana", "transfer to=dora team=outlet", "ana", "ok"),
        ("dora", "takeover", "none", "ok"),
        ("nuno", "takeover", "none", "team_not_linked"),
        ("ana", "transfer to=nuno", "ana", "team_not_linked ana"),
        ("ana", "transfer to=nuno team=sales", "ana", "ok"),
    ] {
        check_in(&shop, who, act, on, "", answer);
    }
    // A channel that names no teams is every team's.
    shop.channel.teams.clear();
    check_in(&shop, "dora", "assign to=caio", "new", "", "ok");
    check_in(&shop, "dora", "assign to=caio", "new", "ana sales", "lead_in_two_teams");
    check_in(&shop, "nuno", "takeover", "none", "", "ok");
    // Without teams in the directory, nobody has to be in one.
    let mut shop = Shop::new();
    shop.teams.clear();
    check_in(&shop, "dora", "assign to=bia team=outlet", "new", "", "ok");
}

#[test]
fn a_lead_is_in_one_team_unless_somebody_says_otherwise() {
    let mut shop = Shop::new();
    for (who, act, on, elsewhere, answer) in [
        ("ana", "lead l1", "ana sales", "", "ok"),
        ("ana", "lead l1", "ana sales", "bia sales", "ok"),
        ("ana", "lead l1", "ana sales", "caio support", "lead_in_two_teams ana"),
        (
            "ana",
            "lead l1",
            "ana sales",
            "bia sales,new outlet",
            "lead_in_two_teams ana",
        ),
        // Whose team is told by nothing but the agent's only one.
        ("ana", "lead l1", "ana", "caio", "lead_in_two_teams ana"),
        // Nobody's in particular.
        ("ana", "lead l1", "ana sales", "new,none", "ok"),
        ("ana", "lead l1", "new", "caio support", "ok"),
        ("dora", "lead l1", "ana sales", "caio support", "lead_in_two_teams ana"),
        ("eva", "lead l1", "ana sales", "caio support", "ok"),
        // What is moved takes its lead along.
        (
            "ana",
            "transfer team=outlet",
            "ana sales",
            "bia sales",
            "lead_in_two_teams ana",
        ),
        ("ana", "transfer team=outlet", "ana sales", "new outlet", "ok"),
        ("ana", "transfer to=bia", "ana sales", "new outlet", "ok"),
        ("eva", "transfer team=outlet", "ana sales", "bia sales", "ok"),
        ("ana", "transfer to=iris", "ana", "bia sales", "lead_in_two_teams ana"),
        (
            "ana",
            "transfer to=iris",
            "ana sales",
            "bia sales",
            "lead_in_two_teams ana",
        ),
        ("dora", "assign to=iris", "new", "bia sales", "lead_in_two_teams"),
        ("eva", "assign to=iris", "new", "bia sales", "ok"),
        ("dora", "assign to=hugo", "new", "bia sales", "ok"),
        // So does what is taken.
        ("ana", "claim", "new", "bia sales", "ok"),
        ("ana", "claim", "new", "caio support", "lead_in_two_teams"),
        ("ana", "claim", "new sales", "caio support", "ok"),
        ("hugo", "claim", "new", "caio support", "ok"),
        ("dora/ana", "claim", "new", "caio support", "lead_in_two_teams"),
        ("eva/ana", "claim", "new", "caio support", "ok"),
        ("ana", "takeover", "none", "caio support", "lead_in_two_teams"),
        (
            "ana",
            "takeover",
            "ana outlet finished",
            "iris outlet",
            "lead_in_two_teams ana",
        ),
        ("ana", "takeover", "ana sales finished", "iris outlet", "ok"),
    ] {
        check_in(&shop, who, act, on, elsewhere, answer);
    }
    shop.account.unify_leads = true;
    check_in(&shop, "ana", "lead l1", "ana sales", "caio support", "ok");
    check_in(&shop, "ana", "claim", "new", "caio support", "ok");
}
