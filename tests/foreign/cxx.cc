// SPDX-License-Identifier: Apache-2.0
// A function in C++ behind extern "C", as Rust, Zig or Go would export one, and one without it.
#include <cstdint>
#include <string>
#include <string_view>

extern "C" double longest_word(const char *response) {
    std::string best, word;
    for (const char c : std::string_view(response)) {
        word = c == ' ' ? std::string() : word + c;
        best = word.size() > best.size() ? word : best;
    }
    return static_cast<double>(best.size());
}

double longest_line(const char *response) {
    return static_cast<double>(std::string_view(response).size());
}
