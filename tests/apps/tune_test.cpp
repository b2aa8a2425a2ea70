// `tern tune` and --tuning, from outside.
#include "tern/tests/apps/program.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;
using test::complaint;
using test::run_tern;
namespace fs = std::filesystem;

namespace {

constexpr const char* kTable =
    "device = \"cpu\"\n\n[choices]\n"
    "\"softmax_cross_entropy.forward float32(8,10) int32(8) -> float32()\" = \"ref\"\n";

std::vector<std::string> train_flags(const test::FolderWithSet& place, const std::string& run,
                                     const std::vector<std::string>& more) {
    std::vector<std::string> flags{"train", "--data",       place.set, "--device", "cpu", "--steps",
                                   "2",     "--batch-size", "8",       "--run",    run};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
}

}  // namespace

TEST_CASE("tern tune writes a table that training takes") {
    const test::FolderWithSet place;
    const std::string table = (place / "table.toml").string();
    const auto tuned = run_tern(
        place, {"tune", "--device", "cpu", "--batch-size", "2", "--model", "mini_xception", "--out", table});
    INFO(tuned.err);
    REQUIRE(tuned.status == 0);
    CHECK_THAT(tuned.out, Catch::StartsWith("mini_xception, batches of 2, float32, on cpu: microseconds\n"));
    CHECK_THAT(tuned.out, Catch::Contains(" other choices in " + table));
    CHECK_THAT(test::read_text(table), Catch::Contains("device = \"cpu\"\n\n[choices]\n"));
    const std::string run = (place / "run").string();
    CHECK(run_tern(place, train_flags(place, run, {"--tuning", table})).status == 0);
    CHECK(test::read_text(fs::path(run) / "tuning.toml") == test::read_text(table));
}

TEST_CASE("tern tune's flags are checked") {
    const test::FolderWithSet place;
    CHECK(run_tern(place, {"tune"}).err == complaint("--out") + "must name the file to write\n");
    CHECK(run_tern(place, {"tune", "--out", "t", "--kernels", "ref"}).err ==
          complaint("--kernels") + "has no meaning for tern tune\n");
    CHECK(run_tern(place, {"tune", "--out", "t", "--batch-size", "0"}).status == 2);
    const auto nowhere =
        run_tern(place, {"tune", "--device", "cpu", "--batch-size", "1", "--out", "none/table.toml"});
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.err, Catch::StartsWith(complaint("none/table.toml")));
}

TEST_CASE("a run continues with its own table, and with no other") {
    const test::FolderWithSet place;
    const std::string table = (place / "table.toml").string(), other = (place / "other.toml").string(),
                      run = (place / "run").string(), plain = (place / "plain").string();
    test::write_text(table, kTable);
    test::write_text(other, "device = \"cpu\"\n[choices]\n");
    REQUIRE(run_tern(place, train_flags(place, run, {"--tuning", table})).status == 0);
    fs::remove(table);
    const auto resumed = run_tern(place, {"train", "--resume", "--run", run, "--steps", "3"});
    INFO(resumed.err);
    CHECK(resumed.status == 0);
    CHECK(test::read_text(fs::path(run) / "tuning.toml") == kTable);
    CHECK(run_tern(place, {"train", "--resume", "--run", run, "--steps", "4", "--tuning", other}).err ==
          complaint("--tuning") + "the run in " + run + " has another table\n");
    REQUIRE(run_tern(place, train_flags(place, plain, {})).status == 0);
    CHECK(run_tern(place, {"train", "--resume", "--run", plain, "--steps", "3", "--tuning", other}).err ==
          complaint("--tuning") + "the run in " + plain + " has no table\n");
}

TEST_CASE("a table that does not fit is refused in one line") {
    const test::FolderWithSet place;
    const std::string table = (place / "table.toml").string();
    const auto complaint_about = [&](const std::string& text) {
        test::write_text(table, text);
        const auto done =
            run_tern(place, train_flags(place, (place / "run").string(), {"--dry-run", "--tuning", table}));
        CHECK(done.status == 1);
        return done.err;
    };
    const std::string start = complaint(table);
    CHECK_THAT(complaint_about("device"), Catch::StartsWith(start + "line 1 is not TOML: "));
    CHECK(complaint_about("[choices]\n") == start + "is not a table of tern tune: it has no device\n");
    CHECK(complaint_about("device = \"cpu\"\n") ==
          start + "is not a table of tern tune: it has no [choices]\n");
    CHECK(complaint_about("device = \"NVIDIA H200\"\n[choices]\n") ==
          start + "was measured on NVIDIA H200, this is cpu; run tern tune here\n");
    CHECK(complaint_about("device = \"cpu\"\n[choices]\n\"softmax.forward\" = 1\n") ==
          start + "line 3: the choice must be a text in quotes\n");
    CHECK(complaint_about("device = \"cpu\"\n[choices]\n\"softmax.forward\" = \"fast\"\n") ==
          start + "line 3: \"fast\" is none of cpu, cpu_bf16, cpu_winograd, cuda, cuda_mma, cudnn, ref\n");
    CHECK(complaint_about("device = \"cpu\"\n[choices]\n\"nothing.forward\" = \"ref\"\n").starts_with(start));
    fs::remove(table);
    CHECK_THAT(run_tern(place, train_flags(place, (place / "run").string(), {"--tuning", table})).err,
               Catch::StartsWith(start));
    CHECK_FALSE(fs::exists(place / "run"));
}
