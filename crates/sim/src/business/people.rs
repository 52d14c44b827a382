//! The customers: who they are and how they can be known.

use crate::rng::{Rng, mix};

/// A customer on one channel.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// Profile name.
    pub name: String,
    /// The language they write.
    pub language: Language,
    /// The phone number in digits, whether it is shown or not.
    pub phone: String,
    /// The business-scoped user id.
    pub bsuid: String,
    /// Username, without `@`.
    pub username: Option<String>,
    /// What WhatsApp shows of them.
    pub shows: Shows,
    /// Page-scoped or Instagram-scoped id.
    pub scoped: String,
}

/// A language of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Portuguese,
    Spanish,
    English,
}

/// What WhatsApp shows of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// The phone only, as before user ids existed.
    Phone,
    /// Phone and user id.
    Both,
    /// The user id only: a username was adopted and the phone is not shared.
    UserId,
}

const FIRST: [&str; 32] = [
    "Ana",
    "João",
    "Márcia",
    "José",
    "Luís",
    "Conceição",
    "Antônio",
    "Beatriz",
    "Cauã",
    "Débora",
    "Érica",
    "Flávia",
    "Gonçalo",
    "Helena",
    "Inês",
    "Júlia",
    "Kauê",
    "Letícia",
    "Mônica",
    "Núbia",
    "Otávio",
    "Patrícia",
    "Raíssa",
    "Sérgio",
    "Thaís",
    "Ursula",
    "Vitória",
    "Wagner",
    "Yasmin",
    "Zoé",
    "Rita",
    "Caio",
];
const LAST: [&str; 24] = [
    "Araújo",
    "Brandão",
    "Conceição",
    "D'Ávila",
    "Esteves",
    "Falcão",
    "Guimarães",
    "Henriques",
    "Ibáñez",
    "Junqueira",
    "Lourenço",
    "Magalhães",
    "Nóbrega",
    "Oliveira",
    "Paixão",
    "Queirós",
    "Ribeiro",
    "São José",
    "Távora",
    "Uchôa",
    "Valença",
    "Ximenes",
    "Teste",
    "Souza",
];
const SPANISH: [&str; 8] = [
    "María Núñez",
    "José Ibáñez",
    "Sofía Peña",
    "Martín Güemes",
    "Lucía Muñoz",
    "Andrés Cárdenas",
    "Inés Zúñiga",
    "Tomás Ortega",
];
const ENGLISH: [&str; 6] = [
    "Grace Miller",
    "John O'Neil",
    "Ava Smith",
    "Noah \"Mac\" Brown",
    "Chloe Park",
    "Sam Lee",
];
/// Profile names people really give themselves.
const ODD: [&str; 6] = ["💜 Ju", ".", "Vovó Zezé 🌻", "L.", "~ dani ~", "Loja do Zé \\o/"];
const AREA_CODES: [&str; 20] = [
    "11", "12", "19", "21", "27", "31", "41", "47", "48", "51", "61", "62", "67", "71", "81", "84", "85", "91", "92",
    "98",
];

impl Person {
    /// Person number `number` of `seed`. Numbers give different addresses for ever.
    pub fn new(rng: &mut Rng, seed: u64, number: u64) -> Self {
        let language = [Language::Portuguese, Language::Spanish, Language::English][rng.weighted(&[86, 9, 5])];
        let name = match language {
            _ if rng.chance(40) => rng.pick(&ODD).to_owned(),
            Language::Portuguese => format!("{} {}", rng.pick(&FIRST), rng.pick(&LAST)),
            Language::Spanish => rng.pick(&SPANISH).to_owned(),
            Language::English => rng.pick(&ENGLISH).to_owned(),
        };
        let shows = [Shows::Phone, Shows::Both, Shows::UserId][rng.weighted(&[10, 75, 15])];
        let username = (shows == Shows::UserId || (shows == Shows::Both && rng.chance(130)))
            .then(|| format!("{}.{number}", ["cliente", "oficial", "real", "eu"][rng.index(4)]));
        let mut person = Self {
            name,
            language,
            phone: String::new(),
            bsuid: String::new(),
            username,
            shows,
            scoped: (1_000_000_000_000_000 + mix(seed ^ mix(number)) % 8_000_000_000_000_000).to_string(),
        };
        person.move_to(seed, number);
        person
    }

    /// Gives the person the phone and the user id that belong to `number`. Phones are of the 555 kind that nobody has.
    pub fn move_to(&mut self, seed: u64, number: u64) {
        let country = match self.language {
            Language::Portuguese => {
                let area = AREA_CODES[(number % 20) as usize];
                self.phone = format!("55{area}9555{:05}", spread(number / 20));
                "BR"
            }
            Language::Spanish => {
                self.phone = format!("549{}555{:05}", 11 + number % 80, spread(number / 80));
                "AR"
            }
            Language::English => {
                self.phone = format!(
                    "1555{:03}{:04}",
                    100 + number % 900,
                    (number / 900 % 10_000 * 6_133 + 7) % 10_000
                );
                "US"
            }
        };
        self.bsuid = format!(
            "{country}.{}",
            1_000_000_000_000_000 + mix(mix(seed) ^ number) % 8_000_000_000_000_000
        );
    }

    /// The phone, where WhatsApp shows it.
    pub fn shown_phone(&self) -> Option<&str> {
        (self.shows != Shows::UserId).then_some(self.phone.as_str())
    }

    /// The user id, where WhatsApp shows it.
    pub fn shown_bsuid(&self) -> Option<&str> {
        (self.shows != Shows::Phone).then_some(self.bsuid.as_str())
    }
}

/// Numbers below 100,000 in an order that does not look like one; a bijection there, so that phones do not repeat.
const fn spread(number: u64) -> u64 {
    (number % 100_000 * 61_327 + 7) % 100_000
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_people_never_share_an_address() {
        let mut rng = Rng::seeded(1, 1);
        let mut seen = BTreeSet::new();
        for number in 0..50_000 {
            let person = Person::new(&mut rng, 1, number);
            for address in [person.phone, person.bsuid, person.scoped] {
                assert!(seen.insert(address.clone()), "{address} of {number}");
            }
        }
    }
}
