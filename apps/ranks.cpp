#include "tern/apps/ranks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <thread>

#include <nlohmann/json.hpp>
#include <sched.h>
#include <unistd.h>

#include "tern/apps/console.hpp"
#include "tern/apps/settings/settings.hpp"
#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/distributed/join.hpp"
#include "tern/distributed/launcher.hpp"
#include "tern/distributed/share.hpp"

namespace tern::apps {
namespace {

// A whole command line is read later: what is wrong with it one rank shall say.
double start_seconds(const std::vector<std::string>& words) {
    double seconds = 60;
    for (std::size_t i = 0; i < words.size(); ++i) {
        constexpr std::string_view kFlag = "--timeout";
        if (!words[i].starts_with(kFlag)) continue;
        const bool apart = words[i].size() == kFlag.size();
        try {
            seconds =
                parse_number(kFlag, apart ? words.at(i + 1) : words[i].substr(kFlag.size() + 1), kTimeouts);
        } catch (const std::exception&) {
        }
    }
    return seconds;
}

bool waited_at_start = false;  // in vain: nobody else need know
bool all_find_it = false;      // what ends this rank

// For the launcher to pass the line on: MPICH's drops it when a rank ends in failure.
constexpr std::chrono::milliseconds kPrintTime{200};

std::unique_ptr<MeteredCommunicator> joined;

cpu_set_t own_cpus() {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    ::sched_getaffinity(0, sizeof cpus, &cpus);
    return cpus;
}

// Of this process, from the launcher where it has not joined; none where that says nothing that can be.
std::optional<Launch> launch_of_this() {
    try {
        return read_launch(environment);
    } catch (const Error&) {
        return {};
    }
}

// Ranks of this host that may run on the very same CPUs: each should use its share of them.
int ranks_on_these_cpus() {
    const cpu_set_t cpus = own_cpus();
    std::string own = host_name() + ' ';
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) own += CPU_ISSET(cpu, &cpus) ? '1' : '0';
    const std::vector<std::string> all = gather_texts(*joined, own, "the CPUs of each rank");
    return static_cast<int>(std::ranges::count(all, own));
}

}  // namespace

Communicator& ranks() {
    static const std::unique_ptr<Communicator> alone = make_single_communicator();
    return joined ? static_cast<Communicator&>(*joined) : *alone;
}

std::vector<ExchangeCost> exchange_costs() {
    return joined && joined->size() > 1 ? joined->costs() : std::vector<ExchangeCost>();
}

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

bool is_first_rank() { return ranks().rank() == 0; }

int local_rank() {
    const auto launch = ranks().size() > 1 ? launch_of_this() : std::nullopt;
    return launch ? std::max(launch->local_rank, 0) : 0;
}

void join_launcher(int argc, char** argv) {
    if (argc < 2 || std::strcmp(argv[1], "train") != 0) return;
    try {
        joined = std::make_unique<MeteredCommunicator>(join_ranks(start_seconds({argv + 2, argv + argc})));
    } catch (const Error& error) {
        waited_at_start = error.where() == "MPI";
        throw;
    }
    if (joined->size() > 1 && environment("TERN_THREADS").empty())
        set_num_threads(std::max(1, num_threads() / ranks_on_these_cpus()));
}

void leave_ranks() { joined.reset(); }

int end_with(const std::string& line, int status) {
    std::fflush(stdout);
    const bool several = joined && joined->size() > 1;
    const auto launch = launch_of_this();
    const int rank = joined ? joined->rank() : launch ? launch->rank : 0;
    if (rank != 0) {
        // What nobody can join, or no rank of this host, one of these says, whom the end of another would end.
        if (!joined && launch->mpi.empty()) return status;
        const bool first_says = joined && (all_find_it || joined->fail(one_line(line)));
        if (first_says || (!joined && !waited_at_start)) std::this_thread::sleep_for(kFirstSpeaks);
        if (first_says) joined->abort();  // the launcher has not ended this one: a link may be cut
        if (!joined && !waited_at_start && launch->local_rank > 0) return status;
    }
    const std::string who =
        several || (!joined && launch) ? to_text("rank ", rank, " on ", host_name(), ": ") : "";
    std::fprintf(stderr, "tern: %s%s\n", who.c_str(), one_line(line).c_str());
    if (several) joined->abort();
    if (!joined && launch) std::this_thread::sleep_for(kPrintTime);
    return status;
}

int stop_with(const std::string& line, int status) {
    std::fflush(stdout);
    if (is_first_rank()) std::fprintf(stderr, "tern: %s\n", one_line(line).c_str());
    leave_ranks();
    return status;
}

std::string binding_note() {
    const cpu_set_t cpus = own_cpus();
    const int own = CPU_COUNT(&cpus);
    const long all = ::sysconf(_SC_NPROCESSORS_ONLN);
    if (ranks().size() == 1 || own * ranks().size() >= all) return "";
    return to_text("the launcher has bound each rank to ", own, " of ", all,
                   " CPUs; Open MPI's mpirun --bind-to none leaves them all");
}

void check_agreement(const std::vector<std::pair<std::string, std::string>>& values) {
    using Json = nlohmann::ordered_json;
    Json own{{"host", host_name()}};
    for (const auto& [name, value] : values) own["values"].push_back({name, value});
    std::vector<Json> all;
    const std::string text = own.dump(-1, ' ', false, Json::error_handler_t::replace);
    for (const std::string& one : gather_texts(ranks(), text, "what each rank was started with"))
        all.push_back(Json::parse(one));
    all_find_it = true;
    const auto named = [&](std::size_t rank) {
        return to_text("rank ", rank, " on ", all[rank]["host"].get<std::string>());
    };
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
        const Json &here = all[rank]["values"], &there = all[0]["values"];
        TERN_CHECK(here.size() == there.size(), "ranks", named(rank), " is another version of tern than ",
                   named(0));
        for (std::size_t i = 0; i < here.size(); ++i)
            TERN_CHECK(here[i] == there[i], "ranks", "must be started alike: ", named(rank), " has ",
                       here[i][0].get<std::string>(), ' ', here[i][1].get<std::string>(), ", ", named(0),
                       " has ", there[i][1].get<std::string>());
    }
    all_find_it = false;
}

}  // namespace tern::apps
