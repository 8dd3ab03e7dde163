/* SPDX-License-Identifier: Apache-2.0 */
#include "read/units.h"
#include "read/lex.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PHRASE_BYTES = 96, MAX_WORDS = 5, MAX_DIMENSIONS = 4 };

typedef struct KnownUnit {
    const char *word; // singular; a plural in -s or -es is found as well
    const char *dimension;
    long numerator, denominator; // in base units
    const char *per;             // a second dimension, to the power of -1
} KnownUnit;

// Base units: centimetre, second, gram, millilitre, cent.
static const KnownUnit known[] = {
    {"cm", "length", 1, 1, NULL},
    {"centimeter", "length", 1, 1, NULL},
    {"centimetre", "length", 1, 1, NULL},
    {"mm", "length", 1, 10, NULL},
    {"millimeter", "length", 1, 10, NULL},
    {"m", "length", 100, 1, NULL},
    {"meter", "length", 100, 1, NULL},
    {"metre", "length", 100, 1, NULL},
    {"km", "length", 100000, 1, NULL},
    {"kilometer", "length", 100000, 1, NULL},
    {"kilometre", "length", 100000, 1, NULL},
    {"in", "length", 254, 100, NULL},
    {"inch", "length", 254, 100, NULL},
    {"ft", "length", 3048, 100, NULL},
    {"foot", "length", 3048, 100, NULL},
    {"feet", "length", 3048, 100, NULL},
    {"yd", "length", 9144, 100, NULL},
    {"yard", "length", 9144, 100, NULL},
    {"mi", "length", 16093440, 100, NULL},
    {"mile", "length", 16093440, 100, NULL},
    {"s", "time", 1, 1, NULL},
    {"sec", "time", 1, 1, NULL},
    {"second", "time", 1, 1, NULL},
    {"min", "time", 60, 1, NULL},
    {"minute", "time", 60, 1, NULL},
    {"h", "time", 3600, 1, NULL},
    {"hr", "time", 3600, 1, NULL},
    {"hour", "time", 3600, 1, NULL},
    {"day", "time", 86400, 1, NULL},
    {"week", "time", 604800, 1, NULL},
    {"month", "month", 1, 1, NULL},
    {"year", "month", 12, 1, NULL},
    {"g", "mass", 1, 1, NULL},
    {"gram", "mass", 1, 1, NULL},
    {"gm", "mass", 1, 1, NULL},
    {"kg", "mass", 1000, 1, NULL},
    {"kilogram", "mass", 1000, 1, NULL},
    {"mg", "mass", 1, 1000, NULL},
    {"milligram", "mass", 1, 1000, NULL},
    {"oz", "ounce", 1, 1, NULL},
    {"ounce", "ounce", 1, 1, NULL},
    {"lb", "ounce", 16, 1, NULL},
    {"pound", "ounce", 16, 1, NULL},
    {"ml", "volume", 1, 1, NULL},
    {"mL", "volume", 1, 1, NULL},
    {"milliliter", "volume", 1, 1, NULL},
    {"l", "volume", 1000, 1, NULL},
    {"L", "volume", 1000, 1, NULL},
    {"liter", "volume", 1000, 1, NULL},
    {"litre", "volume", 1000, 1, NULL},
    {"gallon", "quart", 4, 1, NULL},
    {"quart", "quart", 1, 1, NULL},
    {"pint", "quart", 1, 2, NULL},
    {"cup", "quart", 1, 4, NULL},
    {"cent", "money", 1, 1, NULL},
    {"dollar", "money", 100, 1, NULL},
    {"usd", "money", 100, 1, NULL},
    {"euro", "euro", 1, 1, NULL},
    {"eur", "euro", 1, 1, NULL},
    {"unit", "unit", 1, 1, NULL},
    {"degree", "degree", 1, 1, NULL},
    {"deg", "degree", 1, 1, NULL},
    {"percent", "percent", 1, 1, NULL},
    {"percentage", "percent", 1, 1, NULL},
    {"radian", "radian", 1, 1, NULL},
    {"rad", "radian", 1, 1, NULL},
    {"mph", "length", 16093440, 360000, "time"},
    {"kph", "length", 100000, 3600, "time"},
    {"kmh", "length", 100000, 3600, "time"},
    {"am", "am", 1, 1, NULL},
    {"pm", "pm", 1, 1, NULL},
};

static const struct {
    const char *word;
    unsigned long factor;
} multipliers[] = {{"hundred", 100},        {"thousand", 1000},          {"million", 1000000},
                   {"billion", 1000000000}, {"trillion", 1000000000000}, {"dozen", 12}};

// Words that make more of a number than a count of something.
static const char *const forbidden[] = {
    // negations, alternatives, comparisons
    "not", "no", "nor", "never", "neither", "none", "false", "incorrect", "wrong", "impossible",
    "nope", "or", "and", "either", "alternatively", "instead", "maybe", "perhaps", "except", "but",
    "anything", "if", "when", "where", "for", "because", "since", "is", "are", "with", "without",
    "less", "more", "than", "least", "most", "above", "below", "over", "under", "about",
    "approximately", "almost", "nearly", "each", "at", "to", "from", "between",
    // arithmetic
    "plus", "minus", "times", "divided", "multiplied", "mod", "modulo", "base", "root", "squared",
    "cubed", "factorial", "negative", "point", "pi", "infinity",
    // parts and numbers
    "half", "halves", "third", "thirds", "quarter", "quarters", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "hundredth", "thousandth", "zero", "one", "two", "three",
    "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty",
    "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "score", "gross", "lakh", "crore",
    "halved", "doubled", "tripled", "inverse", "reciprocal", "negated", "opposite", "repeating",
    "recurring", "per", "ppm", "basis", "twelfth", "sqrt", "exp", "log", "sine", "cosine",
    "tangent", "undefined", "extraneous", "rejected", "excluded", "isnt", "off", "too", "pair",
    "pairs", "couple", "couples", "double", "triple"};

typedef struct Words {
    EmendStr items[MAX_WORDS];
    uint32_t n;
} Words;

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plural_of(EmendStr word, const char *singular) {
    size_t n = strlen(singular);
    EmendStr head = word;
    if (n >= 2 && word.len == n + 1 && (word.ptr[n] == 's' || word.ptr[n] == 'S')) {
        head.len = n;
        return str_is_word(head, singular);
    }
    if (n >= 3 && word.len == n + 2 && word.ptr[n] == 'e' && word.ptr[n + 1] == 's') {
        head.len = n;
        return str_is_word(head, singular);
    }
    return false;
}

static const KnownUnit *find_known(EmendStr word) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        // m and M, l and L are not one; am and AM are.
        bool is_short = strlen(known[i].word) <= 2 && strcmp(known[i].word, "am") != 0 &&
                        strcmp(known[i].word, "pm") != 0;
        bool has_plural = strlen(known[i].word) == 2; // lbs, hrs
        if (is_short
                ? str_is(word, known[i].word) || (has_plural && is_plural_of(word, known[i].word))
                : str_is_word(word, known[i].word) || is_plural_of(word, known[i].word)) {
            return &known[i];
        }
    }
    return NULL;
}

static unsigned long find_multiplier(EmendStr word) {
    for (size_t i = 0; i < sizeof multipliers / sizeof multipliers[0]; i++) {
        if (str_is_word(word, multipliers[i].word) || is_plural_of(word, multipliers[i].word)) {
            return multipliers[i].factor;
        }
    }
    return 0;
}

bool unit_is_known(EmendStr word) {
    static const char *const leading[] = {"square", "sq", "cubic", "cu"};
    for (size_t i = 0; i < sizeof leading / sizeof leading[0]; i++) {
        if (str_is_word(word, leading[i])) {
            return true;
        }
    }
    return word.len >= 2 && (find_known(word) || find_multiplier(word) > 0);
}

// The phrase without stops and with single spaces; `/` stands alone, and `^` and `-` as spaces.
static bool clean_phrase(EmendStr phrase, char *out, uint64_t *n) {
    *n = 0;
    for (uint64_t i = 0; i < phrase.len; i++) {
        char c = phrase.ptr[i];
        if (*n + 3 >= MAX_PHRASE_BYTES) {
            return false;
        }
        if (is_letter(c) || (c >= '0' && c <= '9') || c == '^' || c == '\'') {
            out[(*n)++] = c;
        } else if (c == '/') {
            out[(*n)++] = ' ';
            out[(*n)++] = '/';
            out[(*n)++] = ' ';
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '-' || c == '~') {
            out[(*n)++] = ' ';
        } else if (c != '.') {
            return false;
        }
    }
    return true;
}

static bool split_words(EmendStr text, Words *words) {
    words->n = 0;
    for (text = str_trim(text); text.len > 0; text = str_trim(text)) {
        uint64_t n = 0;
        while (n < text.len && text.ptr[n] != ' ') {
            n++;
        }
        if (words->n == MAX_WORDS) {
            return false;
        }
        words->items[words->n++] = (EmendStr){text.ptr, n};
        text = str_skip(text, n);
    }
    return words->n > 0;
}

bool unit_changes_value(EmendStr word) {
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        if (str_is_word(word, forbidden[i])) {
            return true;
        }
    }
    // A letter is a symbol or a unit, no count; tenths and fifths are parts.
    return word.len == 1 || (word.len > 4 && str_ends(word, "ths"));
}

// What a word adds to a kind: a dimension to a power.
typedef struct Dimensions {
    const char *names[MAX_DIMENSIONS];
    int powers[MAX_DIMENSIONS];
    uint32_t n;
} Dimensions;

static bool add_dimension(Dimensions *dimensions, const char *name, int power) {
    for (uint32_t i = 0; i < dimensions->n; i++) {
        if (strcmp(dimensions->names[i], name) == 0) {
            dimensions->powers[i] += power;
            return true;
        }
    }
    if (dimensions->n == MAX_DIMENSIONS) {
        return false;
    }
    dimensions->names[dimensions->n] = name;
    dimensions->powers[dimensions->n++] = power;
    return true;
}

static void scale(mpq_ptr factor, const KnownUnit *unit, int power) {
    mpq_t one;
    mpq_init(one);
    mpq_set_si(one, unit->numerator, (unsigned long)unit->denominator);
    mpq_canonicalize(one);
    for (int i = 0; i < (power < 0 ? -power : power); i++) {
        if (power < 0) {
            mpq_div(factor, factor, one);
        } else {
            mpq_mul(factor, factor, one);
        }
    }
    mpq_clear(one);
}

// "cm^2", "ft3": the word and its power.
static EmendStr without_power(EmendStr word, int *power) {
    *power = 1;
    uint64_t n = word.len;
    if (n >= 2 && word.ptr[n - 1] >= '1' && word.ptr[n - 1] <= '3' &&
        !(word.ptr[n - 2] >= '0' && word.ptr[n - 2] <= '9')) {
        *power = word.ptr[n - 1] - '0';
        n--;
        n -= word.ptr[n - 1] == '^';
    }
    return (EmendStr){word.ptr, n};
}

// All words are units, joined by `square`, `cubic`, `per` and `/`.
static bool read_known(const Words *words, uint32_t first, Dimensions *dimensions, mpq_ptr factor) {
    int sign = 1, leading = 1;
    bool has_unit = false;
    for (uint32_t i = first; i < words->n; i++) {
        int power = 1;
        EmendStr word = without_power(words->items[i], &power);
        if (str_is_word(word, "per") || str_is(word, "/")) {
            if (!has_unit) {
                return false;
            }
            sign = -1;
            continue;
        }
        if (str_is_word(word, "square") || str_is_word(word, "sq")) {
            leading = 2;
            continue;
        }
        if (str_is_word(word, "cubic") || str_is_word(word, "cu")) {
            leading = 3;
            continue;
        }
        const KnownUnit *unit = find_known(word);
        if (!unit) {
            return false;
        }
        power *= leading * sign;
        scale(factor, unit, power);
        if ((unit->dimension[0] && !add_dimension(dimensions, unit->dimension, power)) ||
            (unit->per && !add_dimension(dimensions, unit->per, -power))) {
            return false;
        }
        leading = 1;
        has_unit = true;
    }
    return has_unit && leading == 1;
}

static bool write_kind(Work *work, const Dimensions *dimensions, EmendStr *kind) {
    char *text = work_alloc(work, 128);
    uint64_t n = 0;
    const char *last = "";
    if (!text) {
        return false;
    }
    // By name, so that m/s and s^-1 m are one kind.
    for (uint32_t k = 0; k < dimensions->n; k++) {
        const char *next = NULL;
        int power = 0;
        for (uint32_t i = 0; i < dimensions->n; i++) {
            const char *name = dimensions->names[i];
            if (strcmp(name, last) > 0 && (!next || strcmp(name, next) < 0)) {
                next = name;
                power = dimensions->powers[i];
            }
        }
        last = next ? next : last;
        if (next && power != 0) {
            n += (uint64_t)snprintf(text + n, 128 - n, power == 1 ? "%s%s" : "%s%s^%d",
                                    n > 0 ? " " : "", next, power);
        }
    }
    *kind = (EmendStr){text, n};
    return true;
}

static uint64_t singular_length(EmendStr word) {
    uint64_t n = word.len;
    bool is_plural = n >= 4 && word.ptr[n - 1] == 's' && word.ptr[n - 2] != 's';
    return is_plural ? n - 1 : n;
}

// A word as people write it: with a vowel, not in capitals, no product of letters. "th" as in 12th.
static bool is_word(EmendStr word) {
    bool has_vowel = false, has_lower = false;
    for (uint64_t i = 0; i < word.len; i++) {
        has_vowel = has_vowel || (strchr("aeiouyAEIOUY", word.ptr[i]) && word.ptr[i]);
        has_lower = has_lower || (word.ptr[i] >= 'a' && word.ptr[i] <= 'z');
    }
    bool is_ordinal =
        str_is(word, "st") || str_is(word, "nd") || str_is(word, "rd") || str_is(word, "th");
    return is_ordinal || (word.len >= 3 && has_vowel && has_lower);
}

// A kind of its own: the words in lower case, in the singular.
static bool own_kind(Work *work, const Words *words, uint32_t first, EmendStr *kind) {
    char *text = work_alloc(work, MAX_PHRASE_BYTES + MAX_WORDS);
    uint64_t n = 0;
    if (!text) {
        return false;
    }
    for (uint32_t i = first; i < words->n; i++) {
        EmendStr word = words->items[i];
        uint64_t length = singular_length(word);
        if (unit_changes_value(word) || !is_word(word)) {
            return false;
        }
        for (uint64_t k = 0; k < length; k++) {
            char c = word.ptr[k];
            if (!is_letter(c) && c != '\'') {
                return false;
            }
            text[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        text[n++] = ' ';
    }
    *kind = (EmendStr){text, n > 0 ? n - 1 : 0};
    return n > 0;
}

// 25 degrees Celsius: a kind of temperature, no angle.
static bool read_temperature(const Words *words, EmendStr *kind) {
    EmendStr last = words->items[words->n - 1];
    bool is_degree = words->n == 2 && (str_is_word(words->items[0], "degrees") ||
                                       str_is_word(words->items[0], "degree"));
    if (is_degree && (str_is_word(last, "celsius") || str_is(last, "C"))) {
        *kind = emend_str("celsius");
        return true;
    }
    if (is_degree && (str_is_word(last, "fahrenheit") || str_is(last, "F"))) {
        *kind = emend_str("fahrenheit");
        return true;
    }
    return false;
}

bool unit_read(Work *work, EmendStr phrase, Unit *unit) {
    char text[MAX_PHRASE_BYTES];
    uint64_t n = 0;
    Words words;
    Dimensions dimensions = {.n = 0};
    uint32_t first = 0;
    *unit = (Unit){
        .kind = emend_str(""), .factor = work_rational(work), .multiplier = work_rational(work)};
    if (!unit->factor || !unit->multiplier || !clean_phrase(phrase, text, &n) ||
        !split_words((EmendStr){text, n}, &words)) {
        return false;
    }
    mpq_set_ui(unit->factor, 1, 1);
    mpq_set_ui(unit->multiplier, 1, 1);
    for (; first < words.n && find_multiplier(words.items[first]) > 0; first++) {
        mpz_mul_ui(mpq_numref(unit->multiplier), mpq_numref(unit->multiplier),
                   find_multiplier(words.items[first]));
    }
    if (first == words.n || read_temperature(&words, &unit->kind)) {
        return true;
    }
    if (read_known(&words, first, &dimensions, unit->factor)) {
        return write_kind(work, &dimensions, &unit->kind);
    }
    mpq_set_ui(unit->factor, 1, 1);
    unit->is_own = true;
    return own_kind(work, &words, first, &unit->kind);
}
