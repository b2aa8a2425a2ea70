// Ranks that are threads.
#include "tern/distributed/thread_communicators.hpp"

#include <chrono>
#include <functional>
#include <thread>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/distributed/exchanges.hpp"

using namespace tern;

namespace {

using Part = std::function<void(Communicator&)>;

// What each rank's thread threw, "" if nothing.
std::vector<std::string> run_ranks(int count, double timeout, const Part& part) {
    std::vector<std::unique_ptr<Communicator>> ranks = make_thread_communicators(count, timeout);
    std::vector<std::string> thrown(count);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < count; ++rank) {
        threads.emplace_back([&, rank] {
            const std::unique_ptr<Communicator> own = std::move(ranks[rank]);
            try {
                part(*own);
            } catch (const Error& error) {
                thrown[rank] = error.what();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    return thrown;
}

void sleep(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

class Stopwatch {
  public:
    double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("threads receive what the others sent") {
    for (const int count : {1, 2, 3, 4, 7}) {
        INFO(count << " ranks");
        CHECK(run_ranks(count, 60, [&](Communicator& own) {
                  TERN_ASSERT(own.size() == count);
                  test::exchange_and_check(own, 100, count);
              }) == Lines(count));
    }
}

TEST_CASE("a rank that does not come is named after the time-out") {
    const Stopwatch watch;
    const Lines one = run_ranks(3, 0.2, [](Communicator& own) {
        own.barrier("the start")->wait();
        if (own.rank() == 1) return sleep(0.5);
        own.all_gather(Tensor::zeros({2}), Tensor::zeros({3, 2}), "gradients of step 7")->wait();
    });
    CHECK(watch.seconds() < 5);
    CHECK_THAT(one[0],
               Catch::StartsWith("[gradients of step 7] ") && Catch::EndsWith("waited 0.2 s for rank 1"));
    CHECK(one[1].empty());
    CHECK_THAT(one[2],
               Catch::StartsWith("[gradients of step 7] ") && Catch::EndsWith("waited 0.2 s for rank 1"));

    const Lines two = run_ranks(4, 0.2, [](Communicator& own) {
        if (own.rank() % 2 == 1) sleep(0.5);
        own.barrier("the end")->wait();
    });
    for (const int rank : {0, 2})
        CHECK_THAT(two[rank],
                   Catch::StartsWith("[the end] ") && Catch::EndsWith("waited 0.2 s for ranks 1 and 3"));
    for (const int rank : {1, 3}) CHECK_THAT(two[rank], Catch::EndsWith(" waited 0.2 s for ranks 1 and 3"));
}

TEST_CASE("a failure ends the waits of the others at once") {
    const Stopwatch watch;
    CHECK(run_ranks(3, 60, [](Communicator& own) {
              if (own.rank() == 2) return (void)own.fail("the disk is full");
              own.broadcast(Tensor::zeros({5}), 2, "weights")->wait();
          }) == Lines{"[weights] the disk is full", "[weights] the disk is full", ""});
    CHECK(watch.seconds() < 10);
}

TEST_CASE("nobody waits for a rank that has left") {
    const Stopwatch watch;
    CHECK(run_ranks(2, 60, [](Communicator& own) {
              if (own.rank() == 0) own.barrier("metrics")->wait();
          }) == Lines{"[metrics] rank 1 has left", ""});
    CHECK(watch.seconds() < 10);
}

TEST_CASE("a rank that drops what is under way stops the others") {
    const Lines lines = run_ranks(2, 60, [](Communicator& own) {
        if (own.rank() == 1) return (void)own.barrier("metrics");
        own.barrier("metrics")->wait();
        own.barrier("more")->wait();
    });
    CHECK_THAT(lines[0], Catch::EndsWith("rank 1 gave up metrics") || Catch::EndsWith("rank 1 has left"));
}

TEST_CASE("what one rank finished it may change while others have not waited yet") {
    for (int i = 0; i < 200; ++i) {
        CHECK(run_ranks(2, 60, [](Communicator& own) {
                  const Tensor sent = Tensor::full({2, 50}, own.rank() + 1.0),
                               received = Tensor::zeros({2, 50});
                  own.all_to_all(sent, received, "numbers")->wait();
                  sent.fill_zero();
                  for (int rank = 0; rank < 2; ++rank)
                      TERN_ASSERT(received.elements<float>()[rank * 50] == rank + 1.0f);
              }) == Lines(2));
    }
}

TEST_CASE("ranks that call different operations are told which") {
    const auto differ = [](const Part& part) {
        Lines lines = run_ranks(3, 60, part);
        for (std::string& line : lines) {
            if (line != lines[0]) line = "another: " + line;
        }
        CHECK(lines[1] == lines[0]);
        CHECK(lines[2] == lines[0]);
        return lines[0];
    };
    CHECK(differ([](Communicator& own) {
              if (own.rank() == 1) return own.barrier("loss")->wait();
              own.broadcast(Tensor::zeros({2}), 0, "loss")->wait();
          }).starts_with("[loss] ranks differ: "));
    CHECK(run_ranks(2, 60,
                    [](Communicator& own) {
                        const Shape shape = own.rank() == 0 ? Shape{2, 3} : Shape{2, 30};
                        own.all_to_all(Tensor::zeros(shape), Tensor::zeros(shape), "gradients")->wait();
                    }) ==
          Lines(2,
                "[gradients] ranks differ: all_to_all of float32 (2,3) on rank 0, all_to_all of float32 "
                "(2,30) on rank 1"));
    CHECK(run_ranks(2, 60,
                    [](Communicator& own) {
                        const DType dtype = own.rank() == 0 ? DType::float32 : DType::int32;
                        own.broadcast(Tensor::zeros({2}, dtype), 1, "counts")->wait();
                    }) ==
          Lines(2,
                "[counts] ranks differ: broadcast of float32 (2) from rank 1 on rank 0, broadcast of int32 "
                "(2) from rank 1 on rank 1"));
}

TEST_CASE("arguments that no exchange can have are refused") {
    const std::unique_ptr<Communicator> own = std::move(make_thread_communicators(2, 1)[0]);
    const Tensor two = Tensor::zeros({2, 3}), three = Tensor::zeros({3, 3}), row = Tensor::zeros({3});
    CHECK_THROWS_WITH(
        (void)own->all_to_all(three, three.clone(), "a"),
        "[a] all_to_all of float32 (3,3) on cpu between 2 ranks; the leading dimension counts them");
    CHECK_THROWS_WITH((void)own->all_to_all(two, three, "a"),
                      "[a] all_to_all of float32 (2,3) on cpu into float32 (3,3) on cpu");
    CHECK_THROWS_WITH((void)own->all_to_all(two, two, "a"),
                      "[a] all_to_all into the memory that it sends from");
    CHECK_THROWS_WITH((void)own->all_gather(row, three, "a"),
                      "[a] all_gather of float32 (3) on cpu from 2 ranks into float32 (3,3) on cpu");
    CHECK_THROWS_WITH((void)own->all_gather(two.slice(1, 2).reshape({3}), two, "a"),
                      "[a] all_gather into the memory that it sends from, at another place than slice 0");
    CHECK_THROWS_WITH((void)own->broadcast(row, 2, "a"), "[a] broadcast from rank 2 of 2");
    CHECK_THROWS_WITH((void)own->broadcast(Tensor(), 0, "a"),
                      "[a] a tensor is undefined; ranks exchange tensors that are there");
    CHECK_THROWS_WITH(make_thread_communicators(0, 1), "[ranks] 0; at least 1");
    CHECK_THROWS_WITH(make_thread_communicators(1, 0), "[timeout] 0 s; more than 0 and at most a year");
}
