//! The trades a simulated business can be in.

/// What a business sells and how it calls itself.
#[derive(Debug)]
pub(crate) struct Trade {
    /// Full name.
    pub name: &'static str,
    /// Name on its channels.
    pub short: &'static str,
    /// Instagram name.
    pub handle: &'static str,
    /// Web site.
    pub site: &'static str,
    /// What it sells, with an article, as it stands inside a sentence.
    pub products: [&'static str; 6],
}

/// The trades; the seed picks one.
pub(crate) const TRADES: [Trade; 3] = [
    Trade {
        name: "Casa Aurora Móveis & Decoração",
        short: "Casa Aurora",
        handle: "casaaurora.moveis",
        site: "https://casaaurora.example",
        products: [
            "o sofá retrátil",
            "a mesa de jantar de 8 lugares",
            "o colchão de molas",
            "a estante modular",
            "a poltrona \"Ipê\"",
            "o guarda-roupa planejado",
        ],
    },
    Trade {
        name: "Clínica Sorriso Pleno",
        short: "Sorriso Pleno",
        handle: "sorrisopleno.odonto",
        site: "https://sorrisopleno.example",
        products: [
            "a avaliação ortodôntica",
            "o clareamento dental",
            "o implante unitário",
            "o alinhador transparente",
            "a limpeza semestral",
            "o plano família",
        ],
    },
    Trade {
        name: "Escola Passo Largo Idiomas",
        short: "Passo Largo",
        handle: "passolargo.idiomas",
        site: "https://passolargo.example",
        products: [
            "o curso de inglês",
            "o curso de espanhol",
            "a turma de férias",
            "a aula experimental",
            "o plano anual",
            "o preparatório para intercâmbio",
        ],
    },
];
