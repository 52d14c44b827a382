//! What people write, by language. `{}` stands for a product.

use super::people::Language;

/// The phrases of a language.
pub(crate) struct Words {
    /// First messages that name a product.
    pub opening: &'static [&'static str],
    /// First messages of a burst.
    pub greeting: &'static [&'static str],
    /// Anything later.
    pub follow: &'static [&'static str],
    /// Answers to a campaign.
    pub answer: &'static [&'static str],
    /// Comments under a post.
    pub comment: &'static [&'static str],
    /// Last messages.
    pub thanks: &'static [&'static str],
}

/// The phrases of `language`.
pub(crate) const fn of(language: Language) -> &'static Words {
    match language {
        Language::Portuguese => &PORTUGUESE,
        Language::Spanish => &SPANISH,
        Language::English => &ENGLISH,
    }
}

/// What the business writes from the phone app and on its pages.
pub(crate) const REPLIES: [&str; 8] = [
    "Oi! Tudo bem? Já te passo as informações 😊",
    "Olá! Aqui é da equipe de atendimento. Como posso ajudar?",
    "Temos sim! Fica R$ 1.299,90 à vista ou 10x de R$ 139,90",
    "Nosso endereço é Rua das Acácias, 12 - São José.\nAtendemos de segunda a sábado, das 9h às 18h.",
    "Pode me confirmar seu nome completo, por favor?",
    "Prontinho, está reservado! ✅",
    "Vou verificar com o setor e já retorno, tá?",
    "Te chamamos no Direct 💌",
];

const PORTUGUESE: Words = Words {
    opening: &[
        "Oi! Quero saber mais sobre {}",
        "Olá, qual o preço de {}?",
        "Boa tarde, gostaria de informações: {}",
        "Tenho interesse 😊 É sobre {}",
        "Quero saber mais",
        "Olá! Posso obter mais informações sobre isso?",
        "Vocês ainda têm {}? Vi \"até 40%\" no anúncio",
    ],
    greeting: &[
        "oi",
        "Olá",
        "Bom dia!",
        "boa tarde",
        "Oi, tudo bem?",
        "opa",
        "Boa noite 🌙",
    ],
    follow: &[
        "Aceitam cartão?",
        "Dá pra parcelar em 10x?",
        "Qual o endereço?",
        "Entregam em São José dos Campos?",
        "Segue meu endereço:\nRua das Palmeiras, 45\nap. 12",
        "Consegue um desconto à vista?",
        "Meu e-mail é cliente@example.com",
        "Ele disse \"só amanhã\", pode ser?",
        "??",
        "Vocês atendem no sábado?",
        "Qual o prazo?",
        "👍",
        "É o modelo C:\\2026\\novo?",
    ],
    answer: &[
        "Quero sim",
        "Oi, recebi a mensagem de vocês",
        "Pode me explicar melhor?",
        "Não tenho interesse, obrigada",
        "sim",
    ],
    comment: &[
        "Quanto custa? 😍",
        "Valor?",
        "Tem em São Paulo?",
        "Quero!!",
        "Como faço pra comprar?",
        "@amiga olha isso",
    ],
    thanks: &[
        "Obrigada! 🙏",
        "Perfeito, fechado",
        "Valeu!",
        "Vou pensar e te aviso, tá?",
        "Até amanhã então",
    ],
};

const SPANISH: Words = Words {
    opening: &[
        "¡Hola! Quiero más información",
        "Buenas tardes, ¿qué precio tiene?",
        "Hola, vi el anuncio. ¿Siguen con la promoción?",
    ],
    greeting: &["hola", "¡Buen día!", "Buenas, ¿qué tal?"],
    follow: &[
        "¿Aceptan tarjeta?",
        "¿Hacen envíos a Córdoba?",
        "¿Dónde están?",
        "Mañana les confirmo",
        "ok",
    ],
    answer: &["Sí, cuéntame", "¿Hasta cuándo es?", "No, gracias"],
    comment: &["¿Precio?", "¡Lo quiero! 😍", "Info por favor"],
    thanks: &["¡Muchas gracias!", "Perfecto, quedamos así", "Genial 👌"],
};

const ENGLISH: Words = Words {
    opening: &[
        "Hi! Can I get more info on this?",
        "Hello, how much is it?",
        "Hi, is this still available?",
    ],
    greeting: &["hi", "Hello there", "Good morning!"],
    follow: &[
        "Do you take cards?",
        "Where are you located?",
        "Can you ship to the US?",
        "I'll think about it",
        "ok 👍",
    ],
    answer: &["Yes please", "Tell me more", "Not now, thanks"],
    comment: &["Price?", "Love it 😍", "Do you ship abroad?"],
    thanks: &["Thank you!", "Great, see you tomorrow", "Perfect, thanks"],
};
