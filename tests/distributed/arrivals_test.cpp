// What rank 0 knows of the others.
#include "tern/distributed/mpi/arrivals.hpp"

#include "tern/distributed/checked_communicator.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

using Ranks = std::vector<int>;

TEST_CASE("ranks that have not begun an operation are missing from it") {
    Arrivals arrivals(3);
    CHECK(arrivals.missing(0) == Ranks{0, 1, 2});
    CHECK(arrivals.add(1, 0, "barrier").empty());
    CHECK(arrivals.add(1, 1, "barrier").empty());  // which may be ahead
    CHECK(arrivals.add(0, 0, "barrier").empty());
    CHECK(arrivals.missing(0) == Ranks{2});
    CHECK(arrivals.missing(1) == Ranks{0, 2});
    CHECK(arrivals.add(2, 0, "barrier").empty());
    CHECK(arrivals.missing(0).empty());
}

TEST_CASE("ranks that differ are found as they arrive, each in its own order") {
    Arrivals arrivals(3);
    CHECK(arrivals.add(2, 0, "barrier").empty());
    CHECK(arrivals.add(2, 1, "broadcast").empty());
    CHECK(arrivals.add(0, 0, "barrier").empty());
    CHECK(arrivals.add(0, 1, "barrier") == "ranks differ: barrier on rank 0, broadcast on rank 2");
    CHECK(arrivals.add(1, 0, "barrier").empty());
    CHECK(arrivals.add(1, 1, "barrier") == "ranks differ: barrier on ranks 0 and 1, broadcast on rank 2");
}

TEST_CASE("ranks are named with their hosts") {
    CHECK(names_of_ranks({1}) == "rank 1");
    CHECK(names_of_ranks({0, 2, 3}) == "ranks 0, 2 and 3");
    CHECK(names_of_ranks({0, 2}, {"a", "b", "c"}) == "ranks 0 on a and 2 on c");
}
