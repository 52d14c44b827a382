//! How much one page looks at.

/// How much one page looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Rows of an index in all; a filter that fits few gives a short page and a cursor.
    pub(crate) looked_at: usize,
    /// So many of an hour, or a day, are put in order by their cards; one with more is read in an order that is there.
    pub(crate) of_span: usize,
    /// So few conversations are put in order by their cards; more are read in an order that is there.
    pub(crate) few: usize,
    /// Lists of so many holders are read as one; of more, the list of all who wait is.
    pub(crate) holders: usize,
    /// Rows that an index may have of what is sought; of more, the list is looked at.
    pub(crate) found: usize,
    /// The list itself is looked at, so many rows at a time,
    pub(crate) at_once: usize,
    /// as long as one of so many of them fits: that is less than to look anywhere else.
    pub(crate) rows_each: usize,
}

impl Bounds {
    /// Those of pages that are served.
    pub(crate) const SERVED: Self = Self {
        looked_at: 20_000,
        of_span: 1_000,
        few: 256,
        holders: 64,
        found: 5_000,
        at_once: 128,
        rows_each: 40,
    };
    /// For tests, which are to reach them.
    const TIGHT: Self = Self {
        looked_at: 60,
        of_span: 5,
        few: 3,
        holders: 3,
        found: 8,
        at_once: 4,
        rows_each: 2,
    };
}

impl Default for Bounds {
    fn default() -> Self {
        if cfg!(test) { Self::TIGHT } else { Self::SERVED }
    }
}
