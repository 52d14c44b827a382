//! Every rule, as a row: who wants what of which ticket, and what is answered.

mod outreach;
mod teams;

use super::*;
use crate::access::{AgentSight, Role, Sight};
use crate::directory::{Account, Agent, Channel as Linked, Classification, Department, Team};
use crate::event::ChannelKind;
use crate::key::TicketId;
use crate::time::Timestamp;
use outreach::offers;

/// A shop: ana and bia sell, caio supports, iris is of the outlet and hugo of both; dora and nuno manage, eva administers, fabio left.
/// The number is the sellers' and the outlet's.
struct Shop {
    account: Account,
    channel: Linked,
    agents: Vec<(&'static str, Agent)>,
    teams: Vec<(&'static str, Team)>,
    departments: Vec<(&'static str, Department)>,
    classifications: Vec<(&'static str, Classification)>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

impl Shop {
    fn new() -> Self {
        let agent = |id, role, teams| {
            let agent = Agent {
                name: format!("Agent {id}"),
                role,
                teams: words(teams),
                inactive: id == "fabio",
            };
            (id, agent)
        };
        let team = |id, department: &str| {
            let team = Team {
                name: format!("Team {id}"),
                department: (!department.is_empty()).then(|| department.to_owned()),
            };
            (id, team)
        };
        let department = |id, classifications, full_closing| {
            let department = Department {
                name: format!("Department {id}"),
                classifications: words(classifications),
                full_closing,
            };
            (id, department)
        };
        let classification = |id, requires_value, requires_note| {
            let classification = Classification {
                name: format!("Classification {id}"),
                requires_value,
                requires_note,
                ..Classification::default()
            };
            (id, classification)
        };
        Self {
            account: Account::default(),
            channel: Linked {
                teams: words("sales outlet"),
                ..Linked::default()
            },
            agents: vec![
                agent("ana", Role::Agent, "sales"),
                agent("bia", Role::Agent, "sales"),
                agent("caio", Role::Agent, "support"),
                agent("dora", Role::Manager, ""),
                agent("eva", Role::Administrator, ""),
                agent("fabio", Role::Agent, "sales"),
                agent("iris", Role::Agent, "outlet"),
                agent("hugo", Role::Agent, "sales outlet"),
                agent("nuno", Role::Manager, "support"),
            ],
            teams: vec![team("sales", "commerce"), team("outlet", ""), team("support", "care")],
            departments: vec![
                department("commerce", "sale no_sale", true),
                department("care", "solved", false),
            ],
            classifications: vec![
                classification("sale", true, false),
                classification("no_sale", false, true),
                classification("solved", false, false),
            ],
        }
    }

    fn maintained(&self) -> Maintained<'_> {
        Maintained {
            account: Some(&self.account),
            channels: [(number(), &self.channel)].into(),
            agents: self.agents.iter().map(|(id, agent)| (*id, agent)).collect(),
            teams: self.teams.iter().map(|(id, team)| (*id, team)).collect(),
            departments: self.departments.iter().map(|(id, entry)| (*id, entry)).collect(),
            classifications: self.classifications.iter().map(|(id, entry)| (*id, entry)).collect(),
        }
    }

    /// `ana`, or `dora/ana`: dora in ana's name. Of mia, who manages, the directory knows nothing.
    fn actor(&self, name: &str) -> Actor {
        if let Some((by, agent)) = name.split_once('/') {
            let agent = Some(agent.to_owned());
            return Actor {
                agent,
                ..self.actor(by)
            };
        }
        let known = self.agents.iter().find(|(id, _)| *id == name);
        let unknown = if name == "mia" { Role::Manager } else { Role::Agent };
        let role = known.map_or(unknown, |(_, agent)| agent.role);
        let teams = known.map(|(_, agent)| agent.teams.clone()).unwrap_or_default();
        let is_linked = teams.iter().any(|team| self.channel.teams.contains(team));
        let sight = match role {
            Role::Agent => Sight::Agent(AgentSight {
                account: "default".to_owned(),
                agent: name.to_owned(),
                teams: teams.into_iter().collect(),
                closed: (!is_linked).then(number).into_iter().collect(),
            }),
            _ => Sight::Account("default".to_owned()),
        };
        let agent = (name != "-").then(|| name.to_owned());
        let by = agent.clone();
        Actor { agent, by, role, sight }
    }
}

fn number() -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: "1".to_owned(),
    }
}

/// `none`, or words of a ticket: `new`, `ana` (has it), `sales` (its team is), `finished`. Its revision is 4.
fn ticket(text: &str) -> Option<Ticket> {
    let mut ticket = Ticket {
        revision: 4,
        ..Ticket::open(TicketId(1), Timestamp::default(), Kind::MessageReceived)
    };
    for word in text.split_whitespace() {
        match word {
            "none" => return None,
            "new" => {}
            "finished" => ticket.closed_at = Some(Timestamp::default()),
            "sales" | "support" | "outlet" => ticket.team = Some(word.to_owned()),
            agent => ticket.assignee = Some(agent.to_owned()),
        }
    }
    Some(ticket)
}

/// `claim`, `transfer bia sales`, `finish sale 10 BRL note`, `edit name=Rita`, ...; with `@3`: seen at revision 3.
fn wanted(text: &str) -> Wanted {
    let mut revision = None;
    let mut rest: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        match word.strip_prefix('@') {
            Some(number) => revision = Some(number.parse().unwrap()),
            None => rest.push(word),
        }
    }
    let (act, rest) = rest.split_first().unwrap();
    let named = |name: &str| {
        let found = rest.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.map(str::to_owned)
    };
    let target = || Target {
        assignee: named("to"),
        team: named("team"),
    };
    let first = || rest.first().copied().unwrap_or_default().to_owned();
    let act = match *act {
        "claim" => Act::Claim,
        "assign" => Act::Assign(target()),
        "transfer" => Act::Transfer(target()),
        "takeover" => Act::TakeOver { via: Via::Web },
        "reopen" => Act::Reopen,
        "note" => Act::Note { text: first() },
        "stage" => Act::SetStage { stage: first() },
        "lead" => Act::LinkLead { lead: first() },
        "outreach" => Act::RequestOutreach {
            team: named("team"),
            outreach: Outreach {
                template: named("template"),
                variables: (named("1").into_iter()).map(|value| ("1".to_owned(), value)).collect(),
                text: named("text"),
                offer: None,
            },
        },
        "edit" => Act::EditContact(ContactEdit {
            name: named("name"),
            phone: named("phone"),
            email: named("email"),
        }),
        "finish" => Act::Finish(Ending {
            classification: named("as"),
            value: named("value").map(|value| Amount::parse(&value).unwrap()),
            currency: named("currency"),
            note: named("note"),
        }),
        other => panic!("{other}"),
    };
    Wanted { act, revision }
}

/// Other conversations of every lead.
fn leads(text: &str) -> Vec<LeadHolder> {
    let holder = |(index, text): (usize, &str)| LeadHolder {
        conversation: ConversationId(index as u64 + 1),
        channel: Channel {
            id: "2".to_owned(),
            ..number()
        },
        ticket: ticket(text),
    };
    text.split(',')
        .filter(|text| !text.is_empty())
        .enumerate()
        .map(holder)
        .collect()
}

#[track_caller]
fn check_in(shop: &Shop, who: &str, act: &str, on: &str, elsewhere: &str, answer: &str) {
    let (ticket, leads, channel) = (ticket(on), leads(elsewhere), number());
    let subject = Subject {
        account: "default",
        channel: &channel,
        group: false,
        ticket: ticket.as_ref(),
        lead: Some("l1"),
        leads: &leads,
        offers: &offers(),
    };
    let wanted = wanted(act);
    let told = match decide(&wanted, &shop.actor(who), &subject, &shop.maintained()) {
        Ok(body) => {
            assert_eq!(body.kind(), wanted.act.kind());
            "ok".to_owned()
        }
        Err(refusal) => {
            let owner = refusal.owner.map(|owner| format!(" {owner}")).unwrap_or_default();
            format!("{}{owner}", refusal.reason.code())
        }
    };
    assert_eq!(told, answer, "{who}: {act} on {on}, lead elsewhere: {elsewhere}");
}

#[test]
fn who_may_do_what_to_which_ticket() {
    let shop = Shop::new();
    for (who, act, on, answer) in [
        // The queue.
        ("ana", "claim", "new", "ok"),
        ("ana", "claim", "new sales", "ok"),
        ("ana", "claim", "bia", "already_claimed bia"),
        ("ana", "claim", "ana", "already_claimed ana"),
        ("dora", "claim", "bia", "already_claimed bia"),
        ("ana", "claim", "none", "no_ticket"),
        ("ana", "claim", "finished", "ticket_finished"),
        ("ana", "claim", "new support", "not_visible"),
        ("caio", "claim", "new", "not_visible"),
        ("caio", "claim", "bia", "not_visible"),
        ("gil", "claim", "new", "not_visible"),
        ("fabio", "claim", "new", "agent_inactive"),
        // Revisions.
        ("ana", "claim @4", "new", "ok"),
        ("ana", "claim @3", "new", "stale_revision"),
        ("ana", "claim @3", "bia", "already_claimed bia"),
        ("ana", "claim @0", "none", "no_ticket"),
        ("ana", "claim @1", "none", "stale_revision"),
        ("ana", "finish @3 as=no_sale note=x", "ana sales", "stale_revision ana"),
        ("ana", "note x @3", "ana", "stale_revision ana"),
        // Moving.
        ("ana", "transfer to=bia", "ana", "ok"),
        ("ana", "transfer team=outlet", "ana", "ok"),
        ("ana", "transfer to=hugo team=outlet", "ana", "ok"),
        ("ana", "assign to=bia", "ana", "ok"),
        ("dora", "assign to=bia", "ana", "ok"),
        ("dora", "assign to=bia", "new", "ok"),
        ("ana", "transfer to=bia", "bia", "not_yours bia"),
        ("ana", "assign to=ana", "new", "not_yours"),
        ("caio", "transfer to=caio", "ana", "not_visible"),
        ("ana", "transfer", "ana", "names_nobody ana"),
        ("ana", "transfer to=gil", "ana", "unknown_agent ana"),
        ("ana", "transfer to=fabio", "ana", "agent_inactive ana"),
        ("ana", "transfer team=press", "ana", "unknown_team ana"),
        ("ana", "transfer team=support", "ana", "team_not_linked ana"),
        ("dora", "transfer team=support", "ana", "team_not_linked ana"),
        ("ana", "transfer to=bia", "ana finished", "ticket_finished ana"),
        ("dora", "transfer to=bia", "none", "no_ticket"),
        // In somebody's name, and of whom the directory knows nothing.
        ("dora/ana", "claim", "new", "ok"),
        ("dora/zoe", "claim", "new", "unknown_agent"),
        ("dora/zoe", "note x", "new", "unknown_agent"),
        ("mia", "note x", "ana", "ok"),
        ("mia", "transfer to=bia", "ana", "ok"),
        ("mia", "finish as=no_sale note=x", "ana sales", "ok"),
        ("mia", "claim", "new", "unknown_agent"),
        ("mia", "takeover", "none", "unknown_agent"),
        ("mia/ana", "claim", "new", "ok"),
        ("mia/zoe", "note x", "new", "unknown_agent"),
        // Taking over.
        ("ana", "takeover", "none", "ok"),
        ("ana", "takeover", "new", "ok"),
        ("ana", "takeover", "ana", "already_claimed ana"),
        ("ana", "takeover", "ana finished", "ok"),
        ("ana", "takeover", "bia finished", "ok"),
        ("ana", "takeover", "bia", "not_yours bia"),
        ("dora", "takeover", "bia", "ok"),
        ("caio", "takeover", "bia finished", "not_visible"),
        // Opening again.
        ("ana", "reopen", "ana finished", "ok"),
        ("dora", "reopen", "ana finished", "ok"),
        ("ana", "reopen", "bia finished", "not_yours bia"),
        ("ana", "reopen", "ana", "ticket_still_open ana"),
        ("dora", "reopen", "none", "no_ticket"),
        // What needs no ticket.
        ("ana", "note x", "none", "ok"),
        ("ana", "note x", "bia", "not_yours bia"),
        ("caio", "note x", "new", "not_visible"),
        ("ana", "note", "ana", "invalid_value ana"),
        ("ana", "edit name=Rita", "new", "ok"),
        ("ana", "edit phone=5511955550101 email=rita@example.com", "new", "ok"),
        ("ana", "edit", "new", "invalid_value"),
        ("ana", "edit name=", "new", "invalid_value"),
        ("ana", "edit phone=+5511", "new", "invalid_value"),
        ("ana", "edit phone=5511", "new", "invalid_value"),
        ("ana", "edit email=rita", "new", "invalid_value"),
        ("ana", "stage won", "none", "ok"),
        ("ana", "stage won", "ana", "ok"),
        ("ana", "stage maybe", "ana", "unknown_stage ana"),
        ("ana", "stage", "ana", "invalid_value ana"),
        ("ana", "lead", "ana", "invalid_value ana"),
    ] {
        check_in(&shop, who, act, on, "", answer);
    }
}

#[test]
fn how_a_ticket_ends() {
    let shop = Shop::new();
    for (who, act, on, answer) in [
        ("ana", "finish as=sale value=10 currency=BRL", "ana sales", "ok"),
        ("ana", "finish as=sale value=10 currency=BRL", "ana", "ok"),
        ("dora", "finish as=sale value=0 currency=BRL", "new sales", "ok"),
        ("ana", "finish as=no_sale note=x", "ana sales", "ok"),
        ("ana", "finish", "ana sales", "classification_required ana"),
        ("ana", "finish as=sale", "ana sales", "value_required ana"),
        ("ana", "finish as=no_sale", "ana sales", "note_required ana"),
        ("ana", "finish as=solved", "ana sales", "classification_not_allowed ana"),
        ("ana", "finish as=other", "ana sales", "classification_not_allowed ana"),
        // A department that does not close in full; a team without any.
        ("dora", "finish", "caio support", "ok"),
        ("dora", "finish as=solved", "caio support", "ok"),
        (
            "dora",
            "finish as=sale",
            "caio support",
            "classification_not_allowed caio",
        ),
        ("dora", "finish as=sale", "ana outlet", "ok"),
        (
            "dora",
            "finish as=other",
            "ana outlet",
            "classification_not_allowed ana",
        ),
        ("dora", "finish", "ana outlet", "ok"),
        // Values.
        ("dora", "finish value=10", "ana outlet", "invalid_value ana"),
        ("dora", "finish currency=BRL", "ana outlet", "invalid_value ana"),
        (
            "dora",
            "finish value=-1 currency=BRL",
            "ana outlet",
            "invalid_value ana",
        ),
        (
            "dora",
            "finish value=1 currency=reais",
            "ana outlet",
            "invalid_value ana",
        ),
        // Whose, and which.
        ("ana", "finish", "bia outlet", "not_visible"),
        ("ana", "finish as=no_sale note=x", "bia sales", "not_yours bia"),
        ("ana", "finish as=no_sale note=x", "new sales", "not_yours"),
        (
            "ana",
            "finish as=no_sale note=x",
            "ana sales finished",
            "ticket_finished ana",
        ),
        ("dora", "finish", "none", "no_ticket"),
    ] {
        check_in(&shop, who, act, on, "", answer);
    }
}

#[test]
fn with_nothing_maintained_everybody_may_go_everywhere() {
    let (channel, anybody) = (number(), |agent: &str| Actor {
        agent: Some(agent.to_owned()),
        by: None,
        role: Role::Operator,
        sight: Sight::Everything,
    });
    let decided = |who: &str, act: &str, on: &str, group| {
        let ticket = ticket(on);
        let subject = Subject {
            account: "default",
            channel: &channel,
            group,
            ticket: ticket.as_ref(),
            lead: None,
            leads: &[],
            offers: &[],
        };
        let decided = decide(&wanted(act), &anybody(who), &subject, &Maintained::default());
        decided.map_err(|refusal| refusal.reason.code())
    };
    for (act, on, answer) in [
        ("claim", "new", Ok(Some(4))),
        ("transfer to=anybody team=any", "ana", Ok(Some(4))),
        ("finish as=anything value=1 currency=BRL", "ana", Ok(Some(4))),
        ("note x", "ana", Ok(None)),
        ("note x @4", "ana", Ok(Some(4))),
        ("takeover", "none", Ok(Some(0))),
        // The stages that every account begins with are there without any entry.
        ("stage won", "ana", Ok(Some(4))),
        ("stage maybe", "ana", Err("unknown_stage")),
    ] {
        let told = decided("zoe", act, on, false).map(|body| revision(&body));
        assert_eq!(told, answer, "{act} on {on}");
    }
    assert_eq!(decided("zoe", "note x", "none", true), Err("no_ticket"), "in a group");
}

fn revision(body: &Body) -> Option<u64> {
    match body {
        Body::TicketClaimed(command)
        | Body::TicketTransferred(command)
        | Body::TicketTakenOver(command)
        | Body::TicketFinished(command)
        | Body::NoteAdded(command)
        | Body::StageSet(command) => command.revision,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nobody_claims_without_a_name_and_who_sees_nothing_is_told_nothing() {
    let shop = Shop::new();
    let (channel, taken) = (number(), ticket("ana"));
    let subject = |ticket| Subject {
        account: "default",
        channel: &channel,
        group: false,
        ticket,
        lead: None,
        leads: &[],
        offers: &[],
    };
    let nobody = Actor {
        role: Role::Operator,
        ..Actor::default()
    };
    let waiting = ticket("new");
    let refused = decide(
        &wanted("claim"),
        &nobody,
        &subject(waiting.as_ref()),
        &shop.maintained(),
    );
    assert_eq!(refused.unwrap_err().reason, Reason::AgentRequired);
    let blind = Actor {
        sight: Sight::Nothing,
        ..shop.actor("ana")
    };
    let refused = decide(&wanted("claim"), &blind, &subject(taken.as_ref()), &shop.maintained());
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.reason, refused.owner, refused.revision),
        (Reason::NotVisible, None, None)
    );
}
