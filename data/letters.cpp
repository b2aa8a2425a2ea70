#include "tern/data/letters.hpp"

#include <string_view>

namespace tern {
namespace {

struct Drawing {
    char name;
    std::string_view pixels;  // seven rows of five
};

constexpr Drawing kDrawings[] = {
    {'A', " ### #   ##   #######   ##   ##   #"},  {'B', "#### #   ##   ##### #   ##   ##### "},
    {'C', " ### #   ##    #    #    #   # ### "},  {'D', "#### #   ##   ##   ##   ##   ##### "},
    {'E', "######    #    #### #    #    #####"},  {'F', "######    #    #### #    #    #    "},
    {'G', " ### #   ##    # ####   ##   # ### "},  {'H', "#   ##   ##   #######   ##   ##   #"},
    {'I', " ###   #    #    #    #    #   ### "},  {'J', "  ###   #    #    #    # #  #  ##  "},
    {'K', "#   ##  # # #  ##   # #  #  # #   #"},  {'L', "#    #    #    #    #    #    #####"},
    {'M', "#   ### ### # ## # ##   ##   ##   #"},  {'N', "#   ###  ## # ##  ###   ##   ##   #"},
    {'O', " ### #   ##   ##   ##   ##   # ### "},  {'P', "#### #   ##   ##### #    #    #    "},
    {'Q', " ### #   ##   ##   ## # ##  #  ## #"},  {'R', "#### #   ##   ##### # #  #  # #   #"},
    {'S', " #####    #     ###     #    ##### "},  {'T', "#####  #    #    #    #    #    #  "},
    {'U', "#   ##   ##   ##   ##   ##   # ### "},  {'V', "#   ##   ##   ##   ##   # # #   #  "},
    {'W', "#   ##   ##   ## # ## # ### ###   #"},  {'X', "#   ##   # # #   #   # # #   ##   #"},
    {'Y', "#   ##   # # #   #    #    #    #  "},  {'Z', "#####    #   #   #   #   #    #####"},
    {'0', " ### #   ##  ### # ###  ##   # ### "},  {'1', "  #   ##    #    #    #    #   ### "},
    {'2', " ### #   #    #   #   #   #   #####"},  {'3', " ### #   #    #  ##     ##   # ### "},
    {'4', "   #   ##  # # #  # #####   #    # "},  {'5', "######    ####     #    ##   # ### "},
    {'6', " ### #    #    #### #   ##   # ### "},  {'7', "#####    #   #   #    #    #    #  "},
    {'8', " ### #   ##   # ### #   ##   # ### "},  {'9', " ### #   ##   # ####    #    # ### "},
    {' ', "                                   "},  {'-', "               #####               "},
    {'_', "                              #####"},  {'.', "                           ##   ## "},
    {',', "                       ##   #   #  "},  {':', "      ##   ##        ##   ##       "},
    {'/', "         #   #   #   #   #         "},  {'+', "       #    #  #####  #    #       "},
    {'(', "   #   #   #    #    #     #     # "},  {')', " #     #     #    #    #   #   #   "},
    {'\'', "  #    #                           "}, {'&', " ##  #  # # #  #   # # ##  #  ## # "},
};

constexpr Letter parse(std::string_view pixels) {
    Letter letter{};
    for (std::size_t i = 0; i < 35; ++i) {
        if (pixels[i] == '#') letter[i / 5] = static_cast<std::uint8_t>(letter[i / 5] | 16 >> i % 5);
    }
    return letter;
}

constexpr std::array<Letter, 128> parse_all() {
    std::array<Letter, 128> letters{};
    letters.fill(parse("######   ##   ##   ##   ##   ######"));
    for (const Drawing& drawing : kDrawings) {
        const auto at = static_cast<std::size_t>(drawing.name);
        letters[at] = parse(drawing.pixels);
        if (drawing.name >= 'A' && drawing.name <= 'Z') letters[at - 'A' + 'a'] = letters[at];
    }
    return letters;
}

}  // namespace

const Letter& letter_for(char c) {
    static constexpr std::array<Letter, 128> kLetters = parse_all();
    const auto at = static_cast<unsigned char>(c);
    return kLetters[at < kLetters.size() ? at : 0];
}

}  // namespace tern
