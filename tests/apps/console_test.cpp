// What people read.
#include "tern/apps/console.hpp"

#include "tern/apps/progress_bar.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using namespace tern::apps;

TEST_CASE("numbers as people write them") {
    CHECK(format_count(0) == "0");
    CHECK(format_count(999) == "999");
    CHECK(format_count(94474) == "94,474");
    CHECK(format_count(-1234567) == "-1,234,567");
    CHECK(format_count(-123) == "-123");
    CHECK(format_bytes(17) == "17 B");
    CHECK(format_bytes(1536) == "1.5 KiB");
    CHECK(format_bytes(3.5 * (1 << 30)) == "3.5 GiB");
    CHECK(format_seconds(5) == "0:05");
    CHECK(format_seconds(125.4) == "2:05");
    CHECK(format_seconds(3725) == "1:02:05");
    CHECK(one_line("a\tb\nc\x7F") == "a?b?c?");
}

TEST_CASE("the progress line tells share, speed, loss and time left, and fits the terminal") {
    const Totals totals({accuracy()}, Device::cpu());
    const TrainingProgress progress{2, 25, 100, 320, 4.0, totals};
    CHECK(progress_line(progress, 8, 0, 60, 120) ==
          "[##........]  25%  epoch 2/8  80 img/s  loss 0.0000  acc 0.0000  3:00 left");
    // A run that went on after step 15: six seconds a step.
    CHECK(progress_line(progress, 8, 15, 60, 120).find("7:30 left") != std::string::npos);
    CHECK(progress_line(progress, 0, 0, 60, 120).find("step 25/100") != std::string::npos);
    CHECK(progress_line(progress, 8, 0, 60, 30).size() == 30);
}
