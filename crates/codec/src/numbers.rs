//! Enumerations as numbers: one line per enumeration. A number nobody knows is `None`; what that means is the caller's.

use origem_domain::alias::AliasKind;
use origem_domain::event::{CallEvent, ChannelKind, DeliveryState, Direction, PreferenceValue, PricingModel, Via};

use crate::wire;

/// An enumeration that is stored as a number.
pub(crate) trait Numbered: Sized {
    /// The number in the log; never 0.
    fn number(self) -> i32;
    /// The value of that number; `None` for 0 and for numbers of newer writers.
    fn known(number: i32) -> Option<Self>;
}

macro_rules! numbered {
    ($kind:ident: $($value:ident)*) => {
        impl Numbered for $kind {
            fn number(self) -> i32 {
                match self { $(Self::$value => wire::$kind::$value as i32,)* }
            }

            fn known(number: i32) -> Option<Self> {
                match wire::$kind::try_from(number).ok()? {
                    wire::$kind::Unspecified => None,
                    $(wire::$kind::$value => Some(Self::$value),)*
                }
            }
        }
    };
}

numbered!(ChannelKind: Whatsapp Instagram Messenger Webchat);
numbered!(AliasKind: Bsuid ParentBsuid Phone Psid Igsid Lid Visitor);
numbered!(Direction: In Out);
numbered!(DeliveryState: Sent Delivered Read Played Failed Deleted Warning);
numbered!(PricingModel: Pmp Cbp Nbp);
numbered!(CallEvent: Connect Terminate Accepted);
numbered!(PreferenceValue: Stop Resume Signup);

/// The number of a way, and the name of the CRM if it is one.
pub(crate) fn via_number(via: &Via) -> (i32, Option<String>) {
    let number = match via {
        Via::App => wire::Via::App,
        Via::Web => wire::Via::Web,
        Via::Mobile => wire::Via::Mobile,
        Via::Api => wire::Via::Api,
        Via::Oto => wire::Via::Oto,
        Via::Dito => wire::Via::Dito,
        Via::Campaign => wire::Via::Campaign,
        Via::BulkWeb => wire::Via::BulkWeb,
        Via::BulkMobile => wire::Via::BulkMobile,
        Via::Crm(name) => return (wire::Via::Crm as i32, Some(name.clone())),
    };
    (number as i32, None)
}

/// The way of that number; `None` for 0 and for numbers of newer writers.
pub(crate) fn via_known(number: i32, crm: Option<String>) -> Option<Via> {
    Some(match wire::Via::try_from(number).ok()? {
        wire::Via::Unspecified => return None,
        wire::Via::App => Via::App,
        wire::Via::Web => Via::Web,
        wire::Via::Mobile => Via::Mobile,
        wire::Via::Api => Via::Api,
        wire::Via::Oto => Via::Oto,
        wire::Via::Dito => Via::Dito,
        wire::Via::Campaign => Via::Campaign,
        wire::Via::BulkWeb => Via::BulkWeb,
        wire::Via::BulkMobile => Via::BulkMobile,
        wire::Via::Crm => Via::Crm(crm.unwrap_or_default()),
    })
}
