// What of ranks on GPUs needs none; the rest is in tests/device.
#include "tern/distributed/nccl_communicator.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("NCCL is there with its version, or not with the reason") {
    std::string why_not;
    const bool available = nccl_available(&why_not);
    CHECK(why_not.empty() == available);
    const std::string summary = nccl_summary();
    if (available)
        CHECK_THAT(summary, Catch::StartsWith("2.") && Catch::Contains("libnccl"));
    else
        CHECK_THAT(summary, Catch::StartsWith("none: "));
}

TEST_CASE("NCCL joins no ranks on CPUs") {
    const std::unique_ptr<Communicator> alone = make_single_communicator();
    CHECK_THROWS_WITH(make_nccl_communicator(*alone, Device::cpu(), 1), Catch::StartsWith("[NCCL] "));
}
