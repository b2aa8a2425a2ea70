// What a control group leaves of the CPUs.
#include "tern/core/threads/cpu_quota.hpp"

#include "tern/tests/catch.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;
namespace fs = std::filesystem;

namespace {

// A tree of files as the kernel shows it.
class Groups : public test::TemporaryFolder {
  public:
    explicit Groups(const std::string& own) {
        fs::create_directories(path() / "proc" / "self");
        test::write_text(path() / "proc" / "self" / "cgroup", own);
    }
    void set(const std::string& group, const std::string& file, const std::string& text) const {
        const fs::path folder = path() / "sys" / "fs" / "cgroup" / group;
        fs::create_directories(folder);
        test::write_text(folder / file, text);
    }
};

}  // namespace

TEST_CASE("the text of cpu.max") {
    CHECK(parse_cpu_max("150000 100000\n") == 1.5);
    CHECK(parse_cpu_max("50000 100000") == 0.5);
    for (const char* none : {"max 100000\n", "", "-1 100000", "x", "1000", "1000 0", "0 1000"})
        CHECK(parse_cpu_max(none) == kNoQuota);
}

TEST_CASE("the smallest quota of a group and those above it, version 2") {
    const Groups groups("0::/slice/job\n");
    CHECK(cpu_quota(groups.path()) == kNoQuota);
    groups.set("slice/job", "cpu.max", "max 100000\n");
    CHECK(cpu_quota(groups.path()) == kNoQuota);
    groups.set("slice", "cpu.max", "300000 100000\n");
    CHECK(cpu_quota(groups.path()) == 3);
    groups.set("slice/job", "cpu.max", "200000 100000\n");
    groups.set("slice/other", "cpu.max", "100000 100000\n");
    CHECK(cpu_quota(groups.path()) == 2);
}

TEST_CASE("quotas of version 1, and in a container that sees the end of the tree alone") {
    const Groups groups("9:name=systemd:/\n4:cpu,cpuacct:/docker/0a1b\n3:cpuset:/x\n0::/\n");
    groups.set("cpu,cpuacct", "cpu.cfs_period_us", "100000\n");
    groups.set("cpu,cpuacct", "cpu.cfs_quota_us", "-1\n");
    CHECK(cpu_quota(groups.path()) == kNoQuota);
    groups.set("cpu,cpuacct", "cpu.cfs_quota_us", "250000\n");
    CHECK(cpu_quota(groups.path()) == 2.5);
    groups.set("unified", "cpu.max", "100000 100000\n");
    CHECK(cpu_quota(groups.path()) == 1);
}

TEST_CASE("without control groups there is no quota") {
    const test::TemporaryFolder empty;
    CHECK(cpu_quota(empty.path()) == kNoQuota);
    const Groups damaged("x\n\n:\n");
    CHECK(cpu_quota(damaged.path()) == kNoQuota);
}
