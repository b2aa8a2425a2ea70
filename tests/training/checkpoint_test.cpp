// Checkpoints are whole or told as damaged; the newest and the best stay.
#include "tern/training/checkpoint.hpp"

#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/xxh128.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"
#include "tern/training/checksum.hpp"

using namespace tern;
namespace fs = std::filesystem;

namespace {

const auto kFill = [](const fs::path& folder) {
    test::write_text(folder / Checkpoints::kWeights, "weights");
    test::write_text(folder / "state", "more");
};

std::optional<std::int64_t> newest(const Checkpoints& checkpoints, std::vector<std::string>& told) {
    return checkpoints.newest_whole([&](const std::string& why) { told.push_back(why); });
}

}  // namespace

TEST_CASE("sums are those of xxh128sum") {
    // printf '' | xxh128sum; printf tern | xxh128sum (xxHash 0.8.1)
    CHECK(xxh128({}) == "99aa06d3014798d86001c324468d497f");
    const std::string text = "tern";
    CHECK(xxh128(std::as_bytes(std::span(text))) == "9cc206e933214c57a8b3253a4a1f3f06");
}

TEST_CASE("lines of sums are whole, and name files of their folder once") {
    const std::string sum = "99aa06d3014798d86001c324468d497f", line = sum + "  a b\n";
    const std::vector<FileSum> sums = parse_sums("sums", line + sum + "  c\n");
    CHECK((sums == std::vector<FileSum>{{sum, "a b"}, {sum, "c"}}));
    CHECK(sums_text(sums) == line + sum + "  c\n");
    CHECK(parse_sums("sums", "").empty());
    for (const std::string& bad :
         {std::string("\n"), sum + "\n", sum + "  \n", sum + "  c", sum + " c\n", sum + "\t c\n",
          sum.substr(1) + "   c\n", "A" + sum.substr(1) + "  c\n", sum + "  .\n", sum + "  ..\n",
          sum + "  ../c\n", sum + "  /c\n", sum + "  c" + std::string(1, '\0') + "\n"})
        CHECK_THROWS_WITH(parse_sums("sums", line + bad),
                          "[sums] line 2 is not a complete line of a sum and a file name");
    CHECK_THROWS_WITH(parse_sums("sums", line + line), "[sums] line 2 names a b again");
}

TEST_CASE("a checkpoint that is cut at any byte, changed or incomplete is told") {
    const test::TemporaryFolder place;
    const fs::path folder = place / "step-1";
    write_checkpoint(folder, kFill);
    CHECK_NOTHROW(check_checkpoint(folder));
    for (const char* name : {"weights.safetensors", "state", "XXH128SUMS"}) {
        const std::string whole = test::read_text(folder / name);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            test::write_text(folder / name, whole.substr(0, size));
            INFO(name << " cut after " << size);
            CHECK_THROWS_AS(check_checkpoint(folder), Error);
        }
        std::string changed = whole;
        changed[1] = static_cast<char>(changed[1] ^ 1);
        test::write_text(folder / name, changed);
        CHECK_THROWS_AS(check_checkpoint(folder), Error);
        test::write_text(folder / name, whole);
    }
    for (const char* name : {".nfs00000001", ".DS_Store", "Thumbs.db"}) test::write_text(folder / name, "");
    CHECK_NOTHROW(check_checkpoint(folder));
    test::write_text(folder / "more", "");
    CHECK_THROWS_WITH(check_checkpoint(folder), test::at(folder / "XXH128SUMS") + "has no sum of more");
    fs::remove(folder / "more");
    fs::remove(folder / "state");
    CHECK_THROWS_WITH(check_checkpoint(folder), test::at(folder / "state") + "no such file");
}

TEST_CASE("the newest and the best stay, the links lead to them") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 2);
    CHECK(checkpoints.steps().empty());
    for (const std::int64_t step : {5, 10, 15, 20}) checkpoints.save(step, step < 10 ? 5 : 10, kFill);
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{10, 15, 20});
    CHECK(fs::read_symlink(checkpoints.last_link()) == "checkpoints/step-20/weights.safetensors");
    CHECK(fs::read_symlink(checkpoints.best_link()) == "checkpoints/step-10/weights.safetensors");
    CHECK(test::read_text(checkpoints.best_link()) == "weights");
    checkpoints.save(25, 25, kFill);
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{20, 25});
    CHECK(std::distance(fs::directory_iterator(place / "checkpoints"), {}) == 2);
    CHECK_THROWS_WITH(Checkpoints(place.path(), 0), "[checkpoints] at least 1 must be kept, got 0");
}

TEST_CASE("a run that went back behind damaged checkpoints keeps what it saves") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 1);
    for (const std::int64_t step : {5, 10}) checkpoints.save(step, 5, kFill);
    checkpoints.save(6, 5, kFill);
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{5, 6});
    CHECK(test::read_text(checkpoints.last_link()) == "weights");
}

TEST_CASE("what a killed save left is settled; later, damaged checkpoints wait for the next save") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 3);
    for (const std::int64_t step : {5, 10, 15}) checkpoints.save(step, 5, kFill);
    fs::remove(checkpoints.last_link());
    Checkpoints(place.path(), 1).settle(10, 5);
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{5, 10, 15});
    CHECK(fs::read_symlink(checkpoints.last_link()) == "checkpoints/step-10/weights.safetensors");
    Checkpoints(place.path(), 1).settle(15, 10);
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{10, 15});
}

TEST_CASE("a checkpoint that was being deleted is not put back") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 1);
    checkpoints.save(1, 1, kFill);
    const fs::path folder = place / "checkpoints";
    fs::rename(checkpoints.path(1), checkpoints.deleted_path(1));
    restore_replaced(folder);
    CHECK(checkpoints.steps().empty());
    remove_unfinished(folder);
    CHECK(fs::is_empty(folder));
}

TEST_CASE("without tests there is no best") {
    const test::TemporaryFolder place;
    Checkpoints(place.path(), 1).save(3, 0, kFill);
    CHECK_FALSE(fs::exists(fs::symlink_status(place / "best.safetensors")));
}

TEST_CASE("damaged checkpoints are skipped and named") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 3);
    std::vector<std::string> told;
    CHECK_FALSE(newest(checkpoints, told).has_value());
    for (const std::int64_t step : {9, 10, 11}) checkpoints.save(step, 0, kFill);
    fs::create_directories(place / "checkpoints" / ".step-12.part-7");
    fs::create_directories(place / "checkpoints" / "step-x");
    CHECK(newest(checkpoints, told) == 11);
    CHECK(told.empty());
    test::write_text(checkpoints.path(11) / "state", "mor");
    fs::remove(checkpoints.path(10) / "XXH128SUMS");
    CHECK(newest(checkpoints, told) == 9);
    REQUIRE(told.size() == 2);
    CHECK(told[0] ==
          test::at(checkpoints.path(11) / "state") + "is damaged: its sum is not that of XXH128SUMS");
    CHECK(told[1] == test::at(checkpoints.path(10) / "XXH128SUMS") + "no such file");
    fs::remove_all(checkpoints.path(9));
    told.clear();
    CHECK_FALSE(newest(checkpoints, told).has_value());
    CHECK(told.size() == 2);
}

TEST_CASE("a save that fails leaves the checkpoints as they were") {
    const test::TemporaryFolder place;
    const Checkpoints checkpoints(place.path(), 1);
    checkpoints.save(1, 1, kFill);
    CHECK_THROWS_WITH(checkpoints.save(2, 1, [](const fs::path&) { fail("disk", "is full"); }),
                      "[disk] is full");
    CHECK(checkpoints.steps() == std::vector<std::int64_t>{1});
    CHECK_NOTHROW(check_checkpoint(checkpoints.path(1)));
    CHECK(std::distance(fs::directory_iterator(place / "checkpoints"), {}) == 1);
}
