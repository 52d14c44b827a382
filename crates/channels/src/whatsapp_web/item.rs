//! One message or report of a WhatsApp Web library.

use origem_domain::event::{Body, Direction, Event, Message, Reaction, Revoke, SentDetails, Via};

use super::content::{self, Content};
use super::context::Context;
use super::head::Head;
use super::jid::Jid;
use super::names::Loose as _;
use super::receipt;
use super::session::Session;
use crate::json::{Doc, Node};
use crate::output::{Envelope, Output};

/// On what occasion the server tells of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It happened.
    Live,
    /// It was sent through the server.
    Api,
    /// It is of the past that a phone hands over when it connects.
    History,
    /// It was deleted.
    Delete,
}

/// `node` has the label of a message, or is a receipt.
pub(super) fn is_item(node: Node<'_, '_>) -> bool {
    let has = |names: &[&str]| node.any(names).is_some();
    let labelled = |name: &str, chat: &str| node.any(&[name]).is_some_and(|label| label.any(&[chat]).is_some());
    labelled("key", "remotejid") || labelled("info", "chat") || has(&["remotejid", "chatid"]) || has(&["messageids"])
}

/// One message or report and where it stands.
pub(super) struct Item<'s, 'd, 'a> {
    pub(super) session: &'s Session,
    pub(super) manner: Manner,
    pub(super) node: Node<'d, 'a>,
    pub(super) before: &'s str,
    pub(super) after: &'s str,
}

impl<'a> Item<'_, '_, 'a> {
    /// Reads it into `out`.
    pub(super) fn read(&self, out: &mut Output<'a>) {
        if self.node.any(&["messageids"]).is_some() {
            return receipt::read(self, out);
        }
        let Some(head) = Head::of(self.node, self.session).filter(|_| is_item(self.node)) else {
            return self.unrecognised(out, "message without address");
        };
        if head.is_noise() {
            return;
        }
        if head.chat == Jid::Other && head.contact().is_none() {
            return self.unrecognised(out, "unknown kind of address");
        }
        match self.body(&head) {
            Ok(None) => {}
            Ok(Some(body)) => {
                let received_at = out.delivery().received_at;
                let is_report =
                    matches!(body, Body::MessageStatus { .. } | Body::MessageRevoked { .. }) || self.update().is_some();
                let at = if is_report {
                    head.at_or_received(received_at)
                } else {
                    head.at(received_at)
                };
                let mut event = out.event(self.session.channel(), at, body);
                event.contact = head.contact();
                event.group = head.group();
                self.push(out, event, self.node.raw().as_bytes(), || self.envelope());
            }
            Err(reason) => self.unrecognised(out, reason),
        }
    }

    /// Adds `event` in the name of this item's library.
    pub(super) fn push(
        &self,
        out: &mut Output<'a>,
        mut event: Event,
        raw: &'a [u8],
        envelope: impl FnOnce() -> Envelope,
    ) {
        event.provider = Some(self.session.provider.name().to_owned());
        out.push(event, raw, envelope);
    }

    /// What stands around the item.
    pub(super) fn envelope(&self) -> Envelope {
        Envelope {
            before: self.before.to_owned(),
            after: self.after.to_owned(),
        }
    }

    /// Adds the item as one that was not understood.
    pub(super) fn unrecognised(&self, out: &mut Output<'a>, reason: &str) {
        out.unrecognised(self.session.channel(), reason, self.node.raw().as_bytes(), || {
            self.envelope()
        });
    }

    /// What changed, in Baileys' `{key, update}`.
    fn update(&self) -> Option<Node<'_, 'a>> {
        self.node.any(&["update"]).filter(|update| update.is_object())
    }

    fn body(&self, head: &Head<'_, 'a>) -> Result<Option<Body>, &'static str> {
        let revoke = || {
            let message_id = head.id.clone().ok_or("deletion without message id")?;
            Ok(Some(Body::MessageRevoked {
                revoke: Revoke { message_id },
            }))
        };
        if self.manner == Manner::Delete {
            return revoke();
        }
        let update = self.update();
        let sources = || [Some(self.node), update].into_iter().flatten();
        let flat = self.node.any(&["chatid"]).is_some();
        let said = sources()
            .find_map(|node| node.any(&["message", "content"]))
            .or_else(|| flat.then_some(self.node));
        // uazapi may write the content as JSON within a text.
        let text = said
            .filter(|_| flat)
            .and_then(Node::as_text)
            .filter(|text| text.trim_start().starts_with('{'));
        let nested = text.as_ref().and_then(|text| Doc::parse(text.as_bytes()).ok());
        let said = nested.as_ref().map(Doc::root).or(said);
        let context = Context::of(said.into_iter().chain(self.node.any(&["contextinfo"])));
        if let Some(edited) =
            update.and_then(|update| update.any(&["message"])?.any(&["editedmessage"])?.any(&["message"]))
            && let Some(message_id) = head.id.clone()
            && !content::is_about_another(edited)
        {
            return Ok(Some(Body::MessageEdited {
                edit: content::edit(message_id, edited),
            }));
        }
        if let Some(said) = said
            && let Some(content) = if flat {
                self.flat_content(said, &context)
            } else {
                content::of_message(said, &context)
            }
        {
            return Ok(self.said(head, content, &context));
        }
        let stub = sources().find_map(|node| node.any_word(&["messagestubtype"]));
        if stub.is_none()
            && let Some(state) = sources().find_map(|node| node.any_word(&["status"]))
        {
            return receipt::of_state(&state, head);
        }
        match stub.as_deref() {
            Some("1" | "REVOKE") => revoke(),
            // 2: the phone could not decrypt it. It is a message all the same.
            None | Some("2" | "CIPHERTEXT") if update.is_none() => {
                let message = Message {
                    kind: Message::UNSUPPORTED.to_owned(),
                    ..Message::default()
                };
                Ok(self.said(head, Content::Message(message), &context))
            }
            // Notices about groups, calls and settings.
            _ => Ok(None),
        }
    }

    /// uazapi's content: the message object, or the inside of one with its kind beside it; some of it beside it once more.
    fn flat_content(&self, said: Node<'_, '_>, context: &Context<'_, '_>) -> Option<Content> {
        let kind = self
            .node
            .any_word(&["messagetype"])
            .unwrap_or_else(|| "conversation".to_owned());
        let content = if content::is_keyed(said) {
            content::of_message(said, context)?
        } else {
            content::of_kind(&kind, said, context)
        };
        let node = self.node;
        Some(match content {
            Content::Message(message) => Content::Message(Message {
                text: message.text.or_else(|| node.any_text(&["text"])),
                payload: message.payload.or_else(|| node.any_text(&["buttonorlistid"])),
                reply_to: message.reply_to.or_else(|| node.any_word(&["quoted"])),
                ..message
            }),
            Content::NotNeeded => match node.any_word(&["reaction"]) {
                Some(message_id) => Content::Reaction {
                    message_id,
                    emoji: node.any_text(&["text"]),
                },
                None => Content::NotNeeded,
            },
            content => content,
        })
    }

    fn said(&self, head: &Head<'_, 'a>, content: Content, context: &Context<'_, '_>) -> Option<Body> {
        Some(match content {
            Content::Message(message) => {
                let message = Message {
                    id: head.id.clone(),
                    ..message
                };
                match (self.manner, head.from_me) {
                    (Manner::History, true) => Body::HistoryImported {
                        direction: Direction::Out,
                        message,
                    },
                    (Manner::History, false) => Body::HistoryImported {
                        direction: Direction::In,
                        message,
                    },
                    (_, true) => {
                        let details = SentDetails {
                            via: self.via(),
                            ..SentDetails::default()
                        };
                        Body::MessageSent { message, details }
                    }
                    (_, false) => Body::MessageReceived {
                        message,
                        referral: context.referral(),
                    },
                }
            }
            // A reaction of ours says nothing about the customer.
            Content::Reaction { .. } if head.from_me => return None,
            Content::Reaction { message_id, emoji } => Body::MessageReaction {
                reaction: Reaction { message_id, emoji },
            },
            Content::Revoke { message_id } => Body::MessageRevoked {
                revoke: Revoke { message_id },
            },
            Content::Edit(edit) => Body::MessageEdited { edit },
            Content::NotNeeded => return None,
        })
    }

    /// What we sent through the server itself is of an integration, all else of the phone.
    fn via(&self) -> Via {
        let by_api = self.manner == Manner::Api || self.node.any_flag(&["wassentbyapi"]) == Some(true);
        if by_api { Via::Api } else { Via::App }
    }
}
