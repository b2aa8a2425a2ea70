// tern-test-ranks SCENARIO TIMEOUT [RANK]: what mpi_test.py starts under mpirun. In all scenarios but "exchange" rank
// RANK does something else than the others, who wait for it. Prints "rank R: LINE" for an Error and aborts, as
// programs should.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

#include "tern/core/error.hpp"
#include "tern/distributed/join.hpp"
#include "tern/tests/distributed/exchanges.hpp"

using namespace tern;

namespace {

void sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }  // of all threads

void wait_for_all(Communicator& ranks) {
    const Shape gathered{ranks.size(), 1000};
    ranks.all_gather(Tensor::zeros({1000}), Tensor::zeros(gathered), "gradients of step 7")->wait();
}

// 4 MiB, which no MPI has sent before the others begin.
void begin_and_stop(Communicator& ranks, bool stops) {
    constexpr std::int64_t kCount = 1 << 20;
    if (!stops) sleep(1);
    const std::unique_ptr<Work> work = ranks.all_gather(
        Tensor::zeros({kCount}), Tensor::zeros({ranks.size(), kCount}), "gradients of step 7");
    if (stops) {
        sleep(0.5);
        std::raise(SIGSTOP);
    }
    work->wait();
}

void check_idle(Communicator& ranks) {
    ranks.barrier("idling")->wait();
    const double before = cpu_seconds();
    sleep(1);
    const double used = cpu_seconds() - before;
    TERN_CHECK(used < 0.05, "idle", "used ", used, " s of the CPU in one second without an exchange");
}

// More than 2^31 bytes from one rank to another: 2.1 GB of memory per rank, and for the exchange 8.6 with two.
void check_large(Communicator& ranks, bool exchange) {
    const std::int64_t bytes = (std::int64_t{1} << 31) + 12345;
    const auto value = [](std::int64_t i, int from, int to) {
        return static_cast<std::uint8_t>((i * 2654435761u >> 13) + from * 3 + to);
    };
    const auto fill = [&](const Tensor& tensor, int from, int to) {
        const auto elements = tensor.elements<std::uint8_t>();
        for (std::int64_t i = 0; i < bytes; ++i) elements[i] = value(i, from, to);
    };
    const auto check = [&](const Tensor& tensor, int from, int to) {
        const auto elements = tensor.elements<std::uint8_t>();
        for (std::int64_t i = 0; i < bytes; ++i)
            TERN_CHECK(elements[i] == value(i, from, to), "large", "byte ", i, " from rank ", from,
                       " differs");
    };
    const int rank = ranks.rank();
    if (!exchange) {
        const Tensor tensor = Tensor::empty({bytes}, DType::uint8);
        if (rank == 0) fill(tensor, 0, 0);
        ranks.broadcast(tensor, 0, "large")->wait();
        return check(tensor, 0, 0);
    }
    const Tensor sent = Tensor::empty({ranks.size(), bytes}, DType::uint8),
                 received = Tensor::empty(sent.shape(), DType::uint8);
    for (int to = 0; to < ranks.size(); ++to) fill(sent.slice(to, to + 1), rank, to);
    ranks.all_to_all(sent, received, "large")->wait();
    for (int from = 0; from < ranks.size(); ++from) check(received.slice(from, from + 1), from, rank);
    received.fill_zero();
    ranks.all_gather(sent.slice(0, 1).reshape({bytes}), received, "large")->wait();
    for (int from = 0; from < ranks.size(); ++from) check(received.slice(from, from + 1), from, 0);
}

// The last rank is late with the second operation before rank 0, which has not begun that, is with the first.
void begin_two(Communicator& ranks) {
    const Tensor sent = Tensor::zeros({1000}), received = Tensor::zeros({ranks.size(), 1000});
    const std::unique_ptr<Work> first = ranks.all_gather(sent, received, "gradients of step 7");
    if (ranks.rank() == ranks.size() - 1) ranks.barrier("the end of step 7")->wait();
    sleep(1);
    first->wait();
}

void play(Communicator& ranks, const std::string& scenario, int other) {
    ranks.barrier("the start")->wait();
    if (scenario == "exchange") {
        test::exchange_and_check(ranks, 300, 1);
        return check_idle(ranks);
    }
    if (scenario.starts_with("large")) return check_large(ranks, scenario == "large-exchange");
    if (scenario == "ahead" && ranks.rank() != other) return begin_two(ranks);
    if (scenario == "begin-and-stop") return begin_and_stop(ranks, ranks.rank() == other);
    if (scenario == "stop-leaving" && ranks.rank() != other) return;
    if (ranks.rank() != other) return wait_for_all(ranks);
    if (scenario == "sleep" || scenario == "ahead") {
        sleep(60);
    } else if (scenario == "stop") {
        std::raise(SIGSTOP);
    } else if (scenario == "die") {
        std::raise(SIGKILL);
    } else if (scenario == "abort") {
        ranks.abort();
    } else if (scenario == "fail") {
        const bool heard = ranks.fail("the disk is full");
        TERN_CHECK(heard, "ranks", "rank 0 has not heard of it");
        sleep(60);
    } else if (scenario == "throw") {
        fail("data", "image 7 cannot be read");
    } else if (scenario == "leave") {
        return;
    } else if (scenario == "stop-leaving") {
        ranks.barrier("the end")->wait();
        std::raise(SIGSTOP);
    } else if (scenario == "other-shape") {
        ranks.all_gather(Tensor::zeros({999}), Tensor::zeros({ranks.size(), 999}), "gradients of step 7")
            ->wait();
    } else if (scenario == "other-operation") {
        ranks.broadcast(Tensor::zeros({1000}), 0, "gradients of step 7")->wait();
    } else {
        fail("scenario", scenario);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const std::string scenario = argv[1];
    std::unique_ptr<Communicator> ranks;
    try {
        ranks = join_ranks(std::strtod(argv[2], nullptr));
        play(*ranks, scenario, argc > 3 ? std::atoi(argv[3]) : -1);
        std::printf("rank %d of %d is done\n", ranks->rank(), ranks->size());
        std::fflush(stdout);
        ranks.reset();
        return 0;
    } catch (const Error& error) {
        std::fprintf(stderr, "rank %d: %s\n", ranks ? ranks->rank() : -1, error.what());
        if (ranks) {
            ranks->fail(error.what());
            ranks->abort();
        }
        return 1;
    }
}
