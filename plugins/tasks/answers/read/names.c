/* SPDX-License-Identifier: Apache-2.0 */
#include "read/names.h"

#include <stdlib.h>
#include <string.h>

typedef struct Macro {
    const char *name;
    MacroUse use;
} Macro;

static const Macro uses[] = {
    {"left", MACRO_SIZE},
    {"right", MACRO_SIZE},
    {"big", MACRO_SIZE},
    {"Big", MACRO_SIZE},
    {"bigg", MACRO_SIZE},
    {"Bigg", MACRO_SIZE},
    {"bigl", MACRO_SIZE},
    {"bigr", MACRO_SIZE},
    {"Bigl", MACRO_SIZE},
    {"Bigr", MACRO_SIZE},
    {"biggl", MACRO_SIZE},
    {"biggr", MACRO_SIZE},
    {"Biggl", MACRO_SIZE},
    {"Biggr", MACRO_SIZE},
    {"middle", MACRO_SIZE},
    {"quad", MACRO_SPACE},
    {"qquad", MACRO_SPACE},
    {"displaystyle", MACRO_SPACE},
    {"textstyle", MACRO_SPACE},
    {"limits", MACRO_SPACE},
    {"nolimits", MACRO_SPACE},
    {"hfill", MACRO_SPACE},
    {"thinspace", MACRO_SPACE},
    {"medspace", MACRO_SPACE},
    {"negthinspace", MACRO_SPACE},
    {"allowbreak", MACRO_SPACE},
    {"noindent", MACRO_SPACE},
    {"bf", MACRO_SPACE},
    {"rm", MACRO_SPACE},
    {"it", MACRO_SPACE},
    {"text", MACRO_TEXT},
    {"mbox", MACRO_TEXT},
    {"hbox", MACRO_TEXT},
    {"textrm", MACRO_TEXT},
    {"textbf", MACRO_TEXT},
    {"textit", MACRO_TEXT},
    {"textnormal", MACRO_TEXT},
    {"textsf", MACRO_TEXT},
    {"texttt", MACRO_TEXT},
    {"emph", MACRO_TEXT},
    {"textup", MACRO_TEXT},
    {"mathrm", MACRO_STYLE},
    {"operatorname", MACRO_STYLE},
    {"mathit", MACRO_STYLE},
    {"mathsf", MACRO_STYLE},
    {"mathnormal", MACRO_STYLE},
    {"mathtt", MACRO_STYLE},
    {"rm", MACRO_SPACE},
    {"mathbf", MACRO_STYLE},
    {"boldsymbol", MACRO_STYLE},
    {"bm", MACRO_STYLE},
    {"mathcal", MACRO_STYLE},
    {"mathfrak", MACRO_STYLE},
    {"boxed", MACRO_GROUP},
    {"fbox", MACRO_GROUP},
    {"underline", MACRO_GROUP},
    {"ensuremath", MACRO_GROUP},
    {"mathstrut", MACRO_SPACE},
    {"textcolor", MACRO_COLOR},
    {"color", MACRO_DROP},
    {"large", MACRO_SPACE},
    {"Large", MACRO_SPACE},
    {"huge", MACRO_SPACE},
    {"small", MACRO_SPACE},
    {"phantom", MACRO_DROP},
    {"hphantom", MACRO_DROP},
    {"vphantom", MACRO_DROP},
    {"hspace", MACRO_DROP},
    {"vspace", MACRO_DROP},
    {"mathbb", MACRO_BLACKBOARD},
    {"Bbb", MACRO_BLACKBOARD},
    {",", MACRO_SPACE},
    {"!", MACRO_SPACE},
    {";", MACRO_SPACE},
    {":", MACRO_SPACE},
    {">", MACRO_SPACE},
    {" ", MACRO_SPACE},
    {"\n", MACRO_SPACE},
    {"/", MACRO_SPACE},
    {"(", MACRO_SPACE},
    {")", MACRO_SPACE},
    {"[", MACRO_SPACE},
    {"]", MACRO_SPACE},
};

static const Name macros[] = {
    {"frac", TOKEN_FRACTION, 0, NULL},
    {"dfrac", TOKEN_FRACTION, 0, NULL},
    {"tfrac", TOKEN_FRACTION, 0, NULL},
    {"cfrac", TOKEN_FRACTION, 0, NULL},
    {"sqrt", TOKEN_ROOT, 2, NULL},
    {"binom", TOKEN_BINOMIAL, 0, NULL},
    {"dbinom", TOKEN_BINOMIAL, 0, NULL},
    {"tbinom", TOKEN_BINOMIAL, 0, NULL},
    {"over", TOKEN_OVER, 0, NULL},
    {"choose", TOKEN_CHOOSE, 0, NULL},
    {"pi", TOKEN_PI, 0, NULL},
    {"infty", TOKEN_INFINITY, 0, NULL},
    {"pm", TOKEN_PLUS_MINUS, 0, NULL},
    {"mp", TOKEN_MINUS_PLUS, 0, NULL},
    {"cdot", TOKEN_TIMES, 0, NULL},
    {"times", TOKEN_TIMES, 0, NULL},
    {"ast", TOKEN_TIMES, 0, NULL},
    {"cdotp", TOKEN_TIMES, 0, NULL},
    {"div", TOKEN_DIVIDE, 0, NULL},
    {"circ", TOKEN_DEGREE, 0, NULL},
    {"degree", TOKEN_DEGREE, 0, NULL},
    {"degrees", TOKEN_DEGREE, 0, NULL},
    {"%", TOKEN_PERCENT, 0, NULL},
    {"$", TOKEN_DOLLAR, 0, NULL},
    {"textdollar", TOKEN_DOLLAR, 0, NULL},
    {"{", TOKEN_SET_OPEN, 0, NULL},
    {"}", TOKEN_SET_CLOSE, 0, NULL},
    {"lbrace", TOKEN_SET_OPEN, 0, NULL},
    {"rbrace", TOKEN_SET_CLOSE, 0, NULL},
    {"langle", TOKEN_OPEN, '<', NULL},
    {"rangle", TOKEN_CLOSE, '>', NULL},
    {"lbrack", TOKEN_OPEN, '[', NULL},
    {"rbrack", TOKEN_CLOSE, ']', NULL},
    {"lparen", TOKEN_OPEN, '(', NULL},
    {"rparen", TOKEN_CLOSE, ')', NULL},
    {"lfloor", TOKEN_FLOOR_OPEN, 0, NULL},
    {"rfloor", TOKEN_FLOOR_CLOSE, 0, NULL},
    {"lceil", TOKEN_CEIL_OPEN, 0, NULL},
    {"rceil", TOKEN_CEIL_CLOSE, 0, NULL},
    {"lvert", TOKEN_BAR, 1, NULL},
    {"rvert", TOKEN_BAR, 2, NULL},
    {"vert", TOKEN_BAR, 0, NULL},
    {"mid", TOKEN_BAR, 0, NULL},
    {"|", TOKEN_NORM, 0, NULL},
    {"Vert", TOKEN_NORM, 0, NULL},
    {"lVert", TOKEN_NORM, 0, NULL},
    {"rVert", TOKEN_NORM, 0, NULL},
    {"colon", TOKEN_COLON, 0, NULL},
    {"land", TOKEN_AND, 0, NULL},
    {"wedge", TOKEN_AND, 0, NULL},
    {"lor", TOKEN_OR, 0, NULL},
    {"vee", TOKEN_OR, 0, NULL},
    {"le", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
    {"leq", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
    {"leqslant", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
    {"ge", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
    {"geq", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
    {"geqslant", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
    {"lt", TOKEN_RELATION, RELATION_LESS, NULL},
    {"gt", TOKEN_RELATION, RELATION_GREATER, NULL},
    {"ne", TOKEN_RELATION, RELATION_NOT_EQUAL, NULL},
    {"neq", TOKEN_RELATION, RELATION_NOT_EQUAL, NULL},
    {"in", TOKEN_RELATION, RELATION_IN, NULL},
    {"approx", TOKEN_RELATION, RELATION_APPROX, NULL},
    {"simeq", TOKEN_RELATION, RELATION_APPROX, NULL},
    {"doteq", TOKEN_RELATION, RELATION_APPROX, NULL},
    {"equiv", TOKEN_RELATION, RELATION_EQUIVALENT, NULL},
    {"sim", TOKEN_RELATION, RELATION_SIMILAR, NULL},
    {"cong", TOKEN_RELATION, RELATION_CONGRUENT, NULL},
    {"subset", TOKEN_RELATION, RELATION_SUBSET, NULL},
    {"subseteq", TOKEN_RELATION, RELATION_SUBSET_EQUAL, NULL},
    {"notin", TOKEN_RELATION, RELATION_NOT_IN, NULL},
    {"cup", TOKEN_UNION, 0, NULL},
    {"bigcup", TOKEN_UNION, 0, NULL},
    {"cap", TOKEN_INTERSECTION, 0, NULL},
    {"setminus", TOKEN_WITHOUT, 0, NULL},
    {"backslash", TOKEN_WITHOUT, 0, NULL},
    {"smallsetminus", TOKEN_WITHOUT, 0, NULL},
    {"emptyset", TOKEN_EMPTY_SET, 0, NULL},
    {"varnothing", TOKEN_EMPTY_SET, 0, NULL},
    {"O", TOKEN_EMPTY_SET, 0, NULL},
    {"ldots", TOKEN_ELLIPSIS, 0, NULL},
    {"dots", TOKEN_ELLIPSIS, 0, NULL},
    {"cdots", TOKEN_ELLIPSIS, 0, NULL},
    {"dotsc", TOKEN_ELLIPSIS, 0, NULL},
    {"dotsb", TOKEN_ELLIPSIS, 0, NULL},
    {"prime", TOKEN_PRIME, 0, NULL},
    {"bmod", TOKEN_MOD, 0, NULL},
    {"mod", TOKEN_MODULO, 0, NULL},
    {"pmod", TOKEN_MODULO, 0, NULL},
    {"\\", TOKEN_ROW, 0, NULL},
    {"cr", TOKEN_ROW, 0, NULL},
    {"&", TOKEN_AND, 0, NULL},
    {"overline", TOKEN_OVERLINE, 0, "overline"},
    {"bar", TOKEN_OVERLINE, 0, "overline"},
    {"dot", TOKEN_OVERLINE, 0, "dot"},
    {"vec", TOKEN_OPAQUE, 0, "vec"},
    {"hat", TOKEN_OPAQUE, 0, "hat"},
    {"widehat", TOKEN_OPAQUE, 0, "hat"},
    {"tilde", TOKEN_OPAQUE, 0, "tilde"},
    {"overrightarrow", TOKEN_OPAQUE, 0, "vec"},
    {"angle", TOKEN_OPAQUE, 0, "angle"},
    {"measuredangle", TOKEN_OPAQUE, 0, "angle"},
    {"triangle", TOKEN_OPAQUE, 0, "triangle"},
    {"exp", TOKEN_EXP, 0, NULL},
    {"ln", TOKEN_FUNCTION, FN_LN, NULL},
    {"log", TOKEN_FUNCTION, FN_LOG, NULL},
    {"lg", TOKEN_FUNCTION, FN_LOG, NULL},
    {"sin", TOKEN_FUNCTION, FN_SIN, NULL},
    {"cos", TOKEN_FUNCTION, FN_COS, NULL},
    {"tan", TOKEN_FUNCTION, FN_TAN, NULL},
    {"tg", TOKEN_FUNCTION, FN_TAN, NULL},
    {"cot", TOKEN_FUNCTION, FN_COT, NULL},
    {"ctg", TOKEN_FUNCTION, FN_COT, NULL},
    {"sec", TOKEN_FUNCTION, FN_SEC, NULL},
    {"csc", TOKEN_FUNCTION, FN_CSC, NULL},
    {"cosec", TOKEN_FUNCTION, FN_CSC, NULL},
    {"arcsin", TOKEN_FUNCTION, FN_ARCSIN, NULL},
    {"arccos", TOKEN_FUNCTION, FN_ARCCOS, NULL},
    {"arctan", TOKEN_FUNCTION, FN_ARCTAN, NULL},
    {"arccot", TOKEN_FUNCTION, FN_ARCCOT, NULL},
    {"arcsec", TOKEN_FUNCTION, FN_ARCSEC, NULL},
    {"arccsc", TOKEN_FUNCTION, FN_ARCCSC, NULL},
    {"asin", TOKEN_FUNCTION, FN_ARCSIN, NULL},
    {"acos", TOKEN_FUNCTION, FN_ARCCOS, NULL},
    {"atan", TOKEN_FUNCTION, FN_ARCTAN, NULL},
    {"sinh", TOKEN_FUNCTION, FN_SINH, NULL},
    {"cosh", TOKEN_FUNCTION, FN_COSH, NULL},
    {"tanh", TOKEN_FUNCTION, FN_TANH, NULL},
    {"arsinh", TOKEN_FUNCTION, FN_ARSINH, NULL},
    {"arcosh", TOKEN_FUNCTION, FN_ARCOSH, NULL},
    {"artanh", TOKEN_FUNCTION, FN_ARTANH, NULL},
    {"gcd", TOKEN_FUNCTION, FN_GCD, NULL},
    {"lcm", TOKEN_FUNCTION, FN_LCM, NULL},
    {"max", TOKEN_FUNCTION, FN_MAX, NULL},
    {"min", TOKEN_FUNCTION, FN_MIN, NULL},
};

static const char *const greek[] = {
    "alpha", "beta",   "gamma", "delta", "epsilon", "zeta",   "eta",        "theta",   "iota",
    "kappa", "lambda", "mu",    "nu",    "xi",      "rho",    "sigma",      "tau",     "upsilon",
    "phi",   "chi",    "psi",   "omega", "Gamma",   "Delta",  "Theta",      "Lambda",  "Xi",
    "Sigma", "Phi",    "Psi",   "Omega", "ell",     "varphi", "varepsilon", "vartheta"};

// Words that are not macros, or mean something else as macros.
static const Name words[] = {
    {"and", TOKEN_AND, 0, NULL},
    {"or", TOKEN_OR, 0, NULL},
    {"inf", TOKEN_INFINITY, 0, NULL},
    {"infinity", TOKEN_INFINITY, 0, NULL},
    {"oo", TOKEN_INFINITY, 0, NULL},
    {"floor", TOKEN_FUNCTION, FN_FLOOR, NULL},
    {"ceil", TOKEN_FUNCTION, FN_CEIL, NULL},
    {"abs", TOKEN_FUNCTION, FN_ABS, NULL},
    {"cbrt", TOKEN_ROOT, 3, "plain"},
    {"sqrt", TOKEN_ROOT, 2, "plain"},
    {"degrees", TOKEN_DEGREE, 0, NULL},
    {"degree", TOKEN_DEGREE, 0, NULL},
    {"deg", TOKEN_DEGREE, 0, NULL},
    {"percent", TOKEN_PERCENT, 0, NULL},
    {"mod", TOKEN_MOD, 0, NULL},
    {"union", TOKEN_UNION, 0, NULL},
    {"emptyset", TOKEN_EMPTY_SET, 0, NULL},
};

// Macros whose names as plain words mean the same.
static const TokenKind plain_kinds[] = {TOKEN_PI, TOKEN_INFINITY, TOKEN_FUNCTION, TOKEN_EXP};

static const Name characters[] = {
    {"\u221A", TOKEN_ROOT, 2, "plain"},
    {"\u221B", TOKEN_ROOT, 3, "plain"},
    {"\u03C0", TOKEN_PI, 0, NULL},
    {"\u221E", TOKEN_INFINITY, 0, NULL},
    {"\u00B1", TOKEN_PLUS_MINUS, 0, NULL},
    {"\u2213", TOKEN_MINUS_PLUS, 0, NULL},
    {"\u2212", TOKEN_MINUS, 0, NULL},
    {"\u2013", TOKEN_MINUS, 0, NULL},
    {"\u2014", TOKEN_MINUS, 0, NULL},
    {"\u2010", TOKEN_MINUS, 0, NULL},
    {"\u2011", TOKEN_MINUS, 0, NULL},
    {"\uFF0D", TOKEN_MINUS, 0, NULL},
    {"\uFF0B", TOKEN_PLUS, 0, NULL},
    {"\u00D7", TOKEN_TIMES, 0, NULL},
    {"\u00B7", TOKEN_TIMES, 0, NULL},
    {"\u22C5", TOKEN_TIMES, 0, NULL},
    {"\u2217", TOKEN_TIMES, 0, NULL},
    {"\u2022", TOKEN_TIMES, 0, NULL},
    {"\u00F7", TOKEN_DIVIDE, 0, NULL},
    {"\u2044", TOKEN_DIVIDE, 0, NULL},
    {"\u2215", TOKEN_DIVIDE, 0, NULL},
    {"\u00B0", TOKEN_DEGREE, 0, NULL},
    {"\u00BA", TOKEN_DEGREE, 0, NULL},
    {"\u02DA", TOKEN_DEGREE, 0, NULL},
    {"\u2218", TOKEN_DEGREE, 0, NULL},
    {"\u2032", TOKEN_PRIME, 0, NULL},
    {"\u2264", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
    {"\u2A7D", TOKEN_RELATION, RELATION_LESS_EQUAL, NULL},
    {"\u2265", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
    {"\u2A7E", TOKEN_RELATION, RELATION_GREATER_EQUAL, NULL},
    {"\u2260", TOKEN_RELATION, RELATION_NOT_EQUAL, NULL},
    {"\u2248", TOKEN_RELATION, RELATION_APPROX, NULL},
    {"\uFF1D", TOKEN_RELATION, RELATION_EQUAL, NULL},
    {"\u2208", TOKEN_RELATION, RELATION_IN, NULL},
    {"\u2261", TOKEN_RELATION, RELATION_EQUIVALENT, NULL},
    {"\u222A", TOKEN_UNION, 0, NULL},
    {"\u2229", TOKEN_INTERSECTION, 0, NULL},
    {"\u2216", TOKEN_WITHOUT, 0, NULL},
    {"\u2205", TOKEN_EMPTY_SET, 0, NULL},
    {"\u00D8", TOKEN_EMPTY_SET, 0, NULL},
    {"\u2026", TOKEN_ELLIPSIS, 0, NULL},
    {"\u22EF", TOKEN_ELLIPSIS, 0, NULL},
    {"\u27E8", TOKEN_OPEN, '<', NULL},
    {"\u27E9", TOKEN_CLOSE, '>', NULL},
    {"\uFF08", TOKEN_OPEN, '(', NULL},
    {"\uFF09", TOKEN_CLOSE, ')', NULL},
    {"\uFF0C", TOKEN_COMMA, 0, NULL},
    {"\u230A", TOKEN_FLOOR_OPEN, 0, NULL},
    {"\u230B", TOKEN_FLOOR_CLOSE, 0, NULL},
    {"\u2308", TOKEN_CEIL_OPEN, 0, NULL},
    {"\u2309", TOKEN_CEIL_CLOSE, 0, NULL},
    {"\u2227", TOKEN_AND, 0, NULL},
    {"\u2228", TOKEN_OR, 0, NULL},
    {"\u2220", TOKEN_OPAQUE, 0, "angle"},
    {"\u25B3", TOKEN_OPAQUE, 0, "triangle"},
    {"\u211D", TOKEN_NAMED_SET, 0, "R"},
    {"\u2124", TOKEN_NAMED_SET, 0, "Z"},
    {"\u2115", TOKEN_NAMED_SET, 0, "N"},
    {"\u211A", TOKEN_NAMED_SET, 0, "Q"},
    {"\u2102", TOKEN_NAMED_SET, 0, "C"},
    {"\u03B1", TOKEN_LETTER, 0, "alpha"},
    {"\u03B2", TOKEN_LETTER, 0, "beta"},
    {"\u03B3", TOKEN_LETTER, 0, "gamma"},
    {"\u03B4", TOKEN_LETTER, 0, "delta"},
    {"\u03B5", TOKEN_LETTER, 0, "epsilon"},
    {"\u03B8", TOKEN_LETTER, 0, "theta"},
    {"\u03BB", TOKEN_LETTER, 0, "lambda"},
    {"\u03BC", TOKEN_LETTER, 0, "mu"},
    {"\u03C1", TOKEN_LETTER, 0, "rho"},
    {"\u03C3", TOKEN_LETTER, 0, "sigma"},
    {"\u03C4", TOKEN_LETTER, 0, "tau"},
    {"\u03C6", TOKEN_LETTER, 0, "phi"},
    {"\u03D5", TOKEN_LETTER, 0, "phi"},
    {"\u03C9", TOKEN_LETTER, 0, "omega"},
    {"\u0394", TOKEN_LETTER, 0, "Delta"},
    {"\u2113", TOKEN_LETTER, 0, "ell"},
};

static bool find_macro(EmendStr name, Name *token) {
    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
        if (str_is(name, macros[i].spelling)) {
            *token = macros[i];
            return true;
        }
    }
    for (size_t i = 0; i < sizeof greek / sizeof greek[0]; i++) {
        if (str_is(name, greek[i])) {
            const char *plain = strncmp(greek[i], "var", 3) == 0 ? greek[i] + 3 : greek[i];
            *token = (Name){greek[i], TOKEN_LETTER, 0, plain};
            return true;
        }
    }
    return false;
}

MacroUse name_of_macro(EmendStr name, Name *token) {
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        if (str_is(name, uses[i].name)) {
            return uses[i].use;
        }
    }
    return find_macro(name, token) ? MACRO_TOKEN : MACRO_UNKNOWN;
}

bool name_of_word(EmendStr word, Name *token) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_is_word(word, words[i].spelling)) {
            *token = words[i];
            return true;
        }
    }
    if (!find_macro(word, token)) {
        return false;
    }
    for (size_t i = 0; i < sizeof plain_kinds / sizeof plain_kinds[0]; i++) {
        if (token->kind == plain_kinds[i]) {
            return true;
        }
    }
    return token->kind == TOKEN_LETTER && word.len >= 3 && !str_is(word, "ell");
}

bool name_of_character(EmendStr text, Name *token, uint64_t *n_bytes) {
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        if (str_starts(text, characters[i].spelling)) {
            *token = characters[i];
            *n_bytes = strlen(characters[i].spelling);
            return true;
        }
    }
    return false;
}
