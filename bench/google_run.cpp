#include "tern/bench/google_run.hpp"

#include <sstream>

#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tern/apps/flags.hpp"
#include "tern/core/error.hpp"
#include "tern/core/files/file.hpp"
#include "tern/core/files/output.hpp"

namespace tern::bench {
namespace {

constexpr std::int64_t kMostResults = std::int64_t{1} << 30;  // bytes

// May be called again: what the words say goes before what they said then.
void initialize(std::vector<std::string> words) {
    std::vector<char*> pointers{program_invocation_name};
    for (std::string& word : words) pointers.push_back(word.data());
    int count = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    benchmark::Initialize(&count, pointers.data());
    TERN_CHECK(count == 1, "tern-bench", "this Google Benchmark does not know ", pointers[1]);
}

// Keeps what the library would print.
class Quiet : public benchmark::BenchmarkReporter {
  public:
    Quiet() {
        SetOutputStream(&names_);
        SetErrorStream(&complaint_);
    }
    bool ReportContext(const Context& /*context*/) override { return true; }
    void ReportRuns(const std::vector<Run>& /*runs*/) override {}
    std::string complaint() const { return complaint_.str(); }

  private:
    std::ostringstream names_, complaint_;
};

// By listing them, as only the library knows what its filter means.
void check_filter(const std::string& filter) {
    Quiet quiet;
    initialize({"--benchmark_filter=" + filter, "--benchmark_list_tests=true", "--benchmark_out="});
    try {
        if (benchmark::RunSpecifiedBenchmarks(&quiet) > 0) return;
    } catch (const std::exception&) {
        apps::usage_error("--benchmark_filter", "is a regular expression that cannot be searched for, got ",
                          filter);
    }
    constexpr std::string_view kNoRegex = "Could not compile benchmark re: ";
    const std::string complaint = quiet.complaint();
    if (complaint.starts_with(kNoRegex))
        apps::usage_error("--benchmark_filter", "must be a regular expression, got ", filter, ": ",
                          complaint.substr(kNoRegex.size(), complaint.find('\n') - kNoRegex.size()));
    apps::usage_error("--benchmark_filter", "must match a name of tern-bench --benchmark_list_tests, got ",
                      filter);
}

// A file without a name, which is written to the one that was asked for when it is whole.
class Results {
  public:
    Results() : number_(::memfd_create("results", MFD_CLOEXEC)) {
        TERN_CHECK(number_ >= 0, "memory", "is not enough for the results");
    }
    ~Results() { ::close(number_); }
    Results(const Results&) = delete;
    Results& operator=(const Results&) = delete;

    std::string path() const { return to_text("/proc/self/fd/", number_); }
    std::string text() const { return read_text_file(path(), kMostResults); }

  private:
    int number_;
};

}  // namespace

void run_google(const GoogleFlags& flags) {
    check_filter(flags.filter);
    const Results results;
    std::vector<std::string> words = flags.words;
    const bool file = !flags.out.empty() && !flags.list;
    words.push_back("--benchmark_out=" + (file ? results.path() : ""));
    initialize(std::move(words));
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    if (!file) return;
    const std::string text = results.text();
    write_output(flags.out, std::as_bytes(std::span(text)));
}

}  // namespace tern::bench
