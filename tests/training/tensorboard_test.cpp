// Files for TensorBoard, byte by byte. What TensorBoard itself reads in them: tests/interop/tensorboard_test.py.
#include <bit>
#include <numeric>

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/tests/training/file_limit.hpp"
#include "tern/training/tensorboard/crc32c.hpp"
#include "tern/training/tensorboard/event_file.hpp"

using namespace tern;

namespace {

std::string bytes_of(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) bytes += static_cast<char>(static_cast<unsigned char>(value));
    return bytes;
}

std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        number |= std::uint64_t{static_cast<unsigned char>(text.at(at + i))} << (8 * i);
    return number;
}

// The contents of the records of a file, whose sums must be right.
std::vector<std::string> records_of(const std::string& file) {
    std::vector<std::string> records;
    for (std::size_t at = 0; at < file.size();) {
        const std::uint64_t size = number_at(file, at, 8);
        REQUIRE(at + 16 + size <= file.size());
        CHECK(number_at(file, at + 8, 4) == masked_crc32c(std::string_view(file).substr(at, 8)));
        records.push_back(file.substr(at + 12, size));
        CHECK(number_at(file, at + 12 + size, 4) == masked_crc32c(records.back()));
        at += 16 + size;
    }
    return records;
}

LogLine some_line() {
    LogLine line;
    line.epoch = 2;
    line.train = {0.5, {{"accuracy", 0.75}}, 100};
    line.test = TotalsRead{0.25, {{"accuracy", 0.875}}, 10};
    line.seconds = 4;
    line.learning_rate = 0.125;
    line.step = 300;
    return line;
}

}  // namespace

TEST_CASE("CRC-32C has the values of RFC 3720, B.4") {
    std::string counted(32, '\0');
    std::iota(counted.begin(), counted.end(), '\0');
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43);
    CHECK(crc32c(counted) == 0x46DD794E);
    CHECK(crc32c(std::string(counted.rbegin(), counted.rend())) == 0x113FDB5C);
    CHECK(crc32c(bytes_of({0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
                           0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
                           0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0})) == 0xD9963A56);
    CHECK(crc32c("") == 0);
    CHECK(masked_crc32c("") == 0xA282EAD8);
}

TEST_CASE("a file begins as TensorFlow's do") {
    const std::string record = tf_record(version_event(1));
    CHECK(record.substr(0, 12) == bytes_of({0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22}));
    CHECK(record.substr(12, 24) ==
          bytes_of({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x1a, 0x0d}) + "brain.Event:2");
    CHECK(record.size() == 40);
    CHECK(start_event(1, 5) ==
          bytes_of({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0x05, 0x3a, 0x02, 0x08, 0x01}));
    CHECK(scalars_event(1, 5, {{"a/b", 1}}) ==
          bytes_of({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0x05, 0x2a, 0x0c, 0x0a, 0x0a, 0x0a, 0x03}) +
              "a/b" + bytes_of({0x15, 0, 0, 0x80, 0x3f}));
}

TEST_CASE("a run has its lines at their steps, and another file where it goes on") {
    const test::TemporaryFolder folder;
    EventFile first(folder / "run" / "tensorboard");
    first.begin(0, "lr = 1\n");
    first.add(StepLoss{299, 0.5, 0.1});
    first.add(some_line());
    const std::vector<std::string> records = records_of(test::read_text(first.path()));
    REQUIRE(records.size() == 4);  // version, text, step, line
    CHECK(records[1].find("    lr = 1\n") != std::string::npos);
    CHECK(records[2].find("loss/step") != std::string::npos);
    for (const char* tag :
         {"loss/train", "loss/test", "accuracy/train", "accuracy/test", "learning_rate", "images_per_second"})
        CHECK(records[3].find(tag) != std::string::npos);
    CHECK(records[3].find("batch_size") == std::string::npos);
    CHECK(records[3].substr(9, 3) == bytes_of({0x10, 0xac, 0x02}));  // step 300

    // In the same second, and behind a clock that is ahead.
    EventFile second(folder / "run" / "tensorboard");
    second.begin(300, "lr = 1\n");
    CHECK(first.path().filename() < second.path().filename());
    const std::vector<std::string> again = records_of(test::read_text(second.path()));
    REQUIRE(again.size() == 3);
    CHECK(again[1].substr(9) ==
          bytes_of({0x10, 0xad, 0x02, 0x3a, 0x02, 0x08, 0x01}));  // forget 301 and later
    test::write_text(folder / "run" / "tensorboard" / "events.out.tfevents.9000000000.host", "");
    CHECK(EventFile(folder / "run" / "tensorboard").path().filename() ==
          "events.out.tfevents.9000000001.tern");
    CHECK_THROWS_WITH(EventFile("/dev/null/x"), Catch::Contains("[/dev/null/x]"));
}

TEST_CASE("events that a full disk does not take wait, and are whole when they come") {
    const test::TemporaryFolder folder;
    EventFile file(folder / "tensorboard");
    {
        const test::FileLimit limit(50);  // the first record has 40
        CHECK_THROWS_WITH(file.begin(0, "lr = 1\n"), Catch::Contains("cannot be written: File too large"));
        CHECK_THROWS_WITH(file.add(some_line()), Catch::Contains("cannot be written: File too large"));
        CHECK(test::read_text(file.path()).empty());
    }
    file.add(TestLine{2, {0.125, {}, 10}}, 300);
    const std::vector<std::string> records = records_of(test::read_text(file.path()));
    REQUIRE(records.size() == 4);
    CHECK(records[0].ends_with("brain.Event:2"));
    CHECK(records[2].find("loss/train") != std::string::npos);
    CHECK(records[3].find("loss/test") != std::string::npos);
}
