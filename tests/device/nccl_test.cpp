// NCCL with one rank: more than one needs a GPU for each.
#include <algorithm>
#include <numeric>

#include "tern/data/batches.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/distributed/nccl_communicator.hpp"
#include "tern/distributed/share.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/layers/state.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

const Device kGpu = Device::cuda();

Tensor counted(const Shape& shape) {
    const Tensor tensor = Tensor::empty(shape, DType::int32);
    std::iota(tensor.data<std::int32_t>(), tensor.data<std::int32_t>() + tensor.numel(), 1);
    return tensor.to(kGpu);
}

std::vector<double> values(const Tensor& tensor) { return cases::to_doubles(tensor.to(Device::cpu())); }

// None where this build or machine has no NCCL; then it must say so.
std::unique_ptr<Communicator> join(Communicator& hosts) {
    std::string why_not;
    if (nccl_available(&why_not)) return make_nccl_communicator(hosts, kGpu, 60);
    CHECK_THROWS_WITH(make_nccl_communicator(hosts, kGpu, 60), Catch::StartsWith("[NCCL] "));
    WARN("skipped: " << why_not);
    return nullptr;
}

std::vector<std::vector<double>> train(Communicator* communicator) {
    const Dataset set = make_synthetic({.seed = 3, .train_samples = 150}, Split::train);
    const ModelInfo& info = all_models().front();
    const std::unique_ptr<Module> model = make_model(info.name, {10, 1});
    model->to(kGpu);
    model->train();
    const DatasetSource source(set, {make_normalization(info.normalization, set), DType::float32, kGpu});
    const auto optimizer = make_optimizer(FlatParameters(*model), {.name = "adam", .learning_rate = 1e-3});
    TrainingStep step(*model, *optimizer, source, {.replicas = 2, .communicator = communicator});
    const Batches batches(epoch_order(source.size(), true, 9, 0, kGpu), 50);
    for (std::int64_t i = 0; i < batches.count(); ++i) step.run(batches[i]);
    std::vector<std::vector<double>> state;
    for (const NamedTensor& tensor : model->state()) state.push_back(values(tensor.tensor));
    state.push_back(values(step.totals().sums()));
    return state;
}

}  // namespace

TEST_CASE("one rank of NCCL keeps what it has") {
    const std::unique_ptr<Communicator> hosts = make_single_communicator(), one = join(*hosts);
    if (!one) return;
    CHECK(one->rank() == 0);
    CHECK(one->size() == 1);
    CHECK(one->device() == kGpu);
    for (const std::int64_t count : {1, 1000, 5 << 20}) {
        const Tensor sent = counted({1, count}), received = Tensor::zeros({1, count}, DType::int32, kGpu),
                     gathered = Tensor::zeros({1, count}, DType::int32, kGpu);
        const auto scattering = one->all_to_all(sent, received, "numbers");
        const auto gathering = one->all_gather(sent.reshape({count}), gathered, "numbers");
        one->broadcast(sent, 0, "numbers")->wait();
        scattering->wait();
        gathering->wait();
        one->barrier("numbers")->wait();
        const std::vector<double> expected = values(counted({1, count}));
        CHECK((values(sent) == expected));
        CHECK((values(received) == expected));
        CHECK((values(gathered) == expected));
    }
    CHECK(share_text(*one, "a text", "texts") == "a text");
    CHECK(gather_texts(*one, "a text", "texts") == std::vector<std::string>{"a text"});
}

TEST_CASE("an operation of NCCL waits for the work of the stream, and what follows for it") {
    const std::unique_ptr<Communicator> hosts = make_single_communicator(), one = join(*hosts);
    if (!one) return;
    const Tensor sent = Tensor::zeros({1, 1 << 22}, DType::int32, kGpu),
                 received = Tensor::zeros(sent.shape(), DType::int32, kGpu);
    for (int round = 1; round <= 50; ++round) {
        sent.copy_from(Tensor::full(sent.shape(), round, DType::int32, kGpu));
        one->all_to_all(sent, received, "rounds")->wait();
        const Tensor there = received.clone();
        sent.fill_zero();
        received.fill_zero();
        const Tensor host = there.to(Device::cpu());
        REQUIRE(std::ranges::count(host.elements<std::int32_t>(), round) == host.numel());
    }
}

TEST_CASE("training on one rank of NCCL has the bits of training without") {
    const std::unique_ptr<Communicator> hosts = make_single_communicator(), one = join(*hosts);
    if (!one) return;
    CHECK((train(one.get()) == train(nullptr)));
}

TEST_CASE("tensors of the host are refused by NCCL") {
    const std::unique_ptr<Communicator> hosts = make_single_communicator(), one = join(*hosts);
    if (!one) return;
    CHECK_THROWS_WITH((void)one->broadcast(Tensor::zeros({3}), 0, "weights"),
                      "[weights] float32 (3) on cpu; these ranks exchange tensors on cuda:0");
}
