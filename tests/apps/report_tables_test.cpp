#include "tern/apps/report_tables.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;
using namespace tern::apps;

TEST_CASE("a confusion matrix is plain, or shaded by share of the row") {
    const Tensor confusion = Tensor::from({3, 3}, std::vector<std::int64_t>{9, 1, 0, 0, 0, 0, 25, 50, 25});
    const std::vector<std::string> names{"cat", "a\033[2Jb", "a name that is much too long"};
    CHECK(confusion_table(confusion, names, false) ==
          "\n"
          "label            predictions, classes in the order of the rows\n"
          "cat                  9     1     0\n"
          "a?[2Jb               0     0     0\n"
          "a name that is m    25    50    25\n");
    // Letters of three bytes: five fit.
    const std::string letters = "\u6f22\u5b57\u6f22\u5b57\u6f22";
    CHECK_THAT(confusion_table(confusion, {letters + "\u5b57", "b", "c"}, false),
               Catch::Contains(letters + "  "));
    CHECK(confusion_table(confusion, names, true) ==
          "\n"
          "label            predictions, classes in the order of the rows\n"
          "cat              \033[48;5;28;38;5;15m    9\033[0m \033[48;5;217;38;5;16m    1\033[0m     0\n"
          "a?[2Jb               0     0     0\n"
          "a name that is m \033[48;5;210;38;5;16m   25\033[0m \033[48;5;203;38;5;15m   50\033[0m "
          "\033[48;5;114;38;5;16m   25\033[0m\n");
}

TEST_CASE("absent classes are told") {
    const auto table = [](const std::vector<std::int64_t>& cells) {
        return scores_table(make_report(Tensor::from({2, 2}, cells)), {"a", "b"});
    };
    CHECK_THAT(
        table({2, 0, 0, 0}),
        Catch::Contains(
            "b                   0.0000    0.0000    0.0000         0         0         0 (absent)\n") &&
            Catch::Contains("macro               1.0000    1.0000    1.0000\nabsent: neither"));
    CHECK_THAT(table({2, 0, 1, 0}), !Catch::Contains("absent"));
}
