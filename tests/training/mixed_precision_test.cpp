// Training with activations of 16 bits and parameters in float32.
#include <algorithm>
#include <cmath>
#include <optional>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/kernels/epoch_order/epoch_order.hpp"
#include "tern/kernels/linear/linear.hpp"
#include "tern/layers/depthwise_conv2d.hpp"
#include "tern/layers/rounded_parameters.hpp"
#include "tern/layers/separable_conv2d.hpp"
#include "tern/layers/state.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/training/small_network.hpp"
#include "tern/training/loss_scale.hpp"
#include "tern/training/training_step.hpp"

using namespace tern;

namespace {

// The trainer's tensor of that name.
Tensor state_of(const TrainingStep& step, const std::string& name) {
    for (const auto& [own, tensor] : step.state()) {
        if (own == name) return tensor;
    }
    FAIL("no " << name);
    return {};
}

// One step of the small network, in float16.
struct Float16Step {
    Float16Step()
        : network(4),
          train(test::small_source(Split::train, DType::float16)),
          optimizer(make_optimizer(FlatParameters(network), {.learning_rate = 0.01})),
          step(network, *optimizer, train) {}

    void run() { step.run(epoch_order(64, false, 0, 0, Device::cpu())); }
    double scale() const { return state_of(step, "loss_scale.scale").item(); }

    test::SmallNetwork network;
    DatasetSource train;
    std::unique_ptr<Optimizer> optimizer;
    TrainingStep step;
};

}  // namespace

TEST_CASE("layers take inputs of 16 bits with parameters, statistics and gradients in float32") {
    for (const DType dtype : {DType::bfloat16, DType::float16}) {
        test::SmallNetwork network(4);
        SeparableConv2d separable(3, 5, {.kernel = 3, .padding = kSame});
        separable.initialize(Initialization::glorot_uniform, 1);
        const Tensor x = Tensor::full({2, 9, 9, 3}, 0.5, dtype);
        for (Module* module : std::initializer_list<Module*>{&network, &separable}) {
            const Tensor y = (*module)(x);
            CHECK(y.dtype() == dtype);
            backward(y, Tensor::full(y.shape(), 1, dtype));
            for (const auto& [name, tensor] : module->state()) {
                INFO(name);
                CHECK((tensor.dtype() == DType::float32 || tensor.dtype() == DType::int64));
                if (tensor.requires_grad()) CHECK(tensor.grad().dtype() == DType::float32);
            }
        }
    }
}

TEST_CASE("gradients of weights are never rounded to 16 bits") {
    // 1 + 2^-12, the sum over two images of one pixel, is a number of neither type.
    Linear linear(1, 1);
    Conv2d pointwise(1, 1, {.kernel = 1}), conv(1, 1, {.kernel = 3, .padding = 1});
    DepthwiseConv2d depthwise(1, {.kernel = 3, .padding = 1});
    const DType dtype = GENERATE(DType::bfloat16, DType::float16);
    const bool in_place = GENERATE(false, true);
    for (Module* const module : std::initializer_list<Module*>{&linear, &pointwise, &conv, &depthwise}) {
        INFO(module->type() << ", " << name_of(dtype) << (in_place ? " in its place" : ""));
        module->initialize(Initialization::glorot_uniform, 1);
        const Tensor weight = module->parameters()[0].tensor;
        std::optional<FlatParameters> places;
        if (in_place) places.emplace(*module);
        const Tensor x = cast(Tensor::from({2, 1, 1, 1}, std::vector<float>{1, 0x1p-12F}), dtype);
        const Tensor y = (*module)(x);
        backward(y, Tensor::full(y.shape(), 1, dtype));
        REQUIRE(weight.grad().dtype() == DType::float32);
        CHECK(weight.grad().data<float>()[weight.numel() / 2] == 1 + 0x1p-12F);
    }
}

TEST_CASE("a gradient that passes several casts arrives once") {
    const Tensor x = Tensor::full({1, 1}, 3);
    for (const DType between : {DType::bfloat16, DType::float64}) {
        for (const DType last : {DType::float32, DType::bfloat16}) {
            INFO(name_of(between) << ", " << name_of(last));
            Tensor weight = Tensor::full({1, 1}, 2);
            weight.set_requires_grad(true);
            weight.set_grad(Tensor::zeros({1, 1}));
            weight.mark_grad_zero();
            const Tensor y = linear(cast(x, last), cast(cast(weight, between), last), {});
            backward(y, Tensor::full(y.shape(), 1, last));
            CHECK(weight.grad().data<float>()[0] == 3);
        }
    }
}

TEST_CASE("parameters that are rounded in one go are those that each layer rounds") {
    const DType dtype = GENERATE(DType::bfloat16, DType::float16);
    test::SmallNetwork network(4, dtype, false, true);
    // A frozen one is in no flat buffer.
    network.visit([](const std::string& name, Module& module) {
        if (name == "2") module.freeze();
    });
    const FlatParameters flat(network);
    const RoundedParameters rounded(flat, dtype);
    const Tensor x = cases::make_tensor({{3, 12, 12, 3}}, dtype, 1);
    std::vector<std::int64_t> casts;  // elements that parameters are rounded from
    const RunHook hook(
        [&](const Problem& problem, const Implementation& implementation, const Stream& stream) {
            const bool of_parameters =
                std::ranges::any_of(network.parameters(), [&](const NamedTensor& parameter) {
                    return parameter.tensor.storage() == problem.inputs[0].storage();
                });
            if (of_parameters && problem.pass.op == std::string_view("cast"))
                casts.push_back(problem.inputs[0].numel());
            implementation.run(problem, stream);
        });
    const auto run = [&](bool at_once) {
        casts.clear();
        flat.zero_grad();
        std::optional<RoundedParameters::Scope> scope;
        if (at_once) scope.emplace(rounded);
        const Tensor y = network(x);
        backward(y, Tensor::full(y.shape(), 1, dtype));
        std::vector<std::vector<double>> all{cases::to_doubles(y), cases::to_doubles(flat.gradients())};
        return all;
    };
    const auto apart = run(false);
    std::ranges::sort(casts);  // arguments of a call come in any order
    CHECK(casts == std::vector<std::int64_t>{4, 16, 16, 16 * 4, 16 * 16, 16 * 3 * 25});
    CHECK(run(true) == apart);
    std::ranges::sort(casts);
    CHECK(casts == std::vector<std::int64_t>{16, 16 * 16, flat.size()});
    flat.values().fill_zero();  // rounds what there is at the time
    CHECK(run(true) != apart);
    CHECK_THROWS_AS(RoundedParameters(flat, DType::float32), Error);
}

TEST_CASE("training in 16 bits learns what training in float32 learns") {
    const TrainingPlan plan{.epochs = 8, .batch_size = 16};
    const test::SmallRun exact(plan);
    for (const DType precision : {DType::bfloat16, DType::float16}) {
        const test::SmallRun run(plan, precision);
        INFO(name_of(precision));
        CHECK(run.last.test->metric("accuracy") > 0.9);
        CHECK(exact.last.test->metric("accuracy") > 0.9);
        // The first loss is that of the same weights: logits of four roundings each.
        CHECK(std::fabs(run.losses[0].loss - exact.losses[0].loss) <= 8 * epsilon_of(precision));
    }
}

TEST_CASE("a loss scale falls when gradients overflow and grows when they do not") {
    const LossScale loss_scale(Device::cpu());
    const Tensor good = Tensor::full({5}, 1), bad = Tensor::full({5}, 1);
    bad.data<float>()[3] = INFINITY;
    CHECK(loss_scale.scale().item() == 65536);
    CHECK(loss_scale.update(good).item() == 1.0 / 65536);
    CHECK(loss_scale.update(bad).item() == 0);
    CHECK(loss_scale.scale().item() == 32768);
    bad.data<float>()[3] = NAN;
    for (int i = 0; i < 20; ++i) CHECK(loss_scale.update(bad).item() == 0);
    CHECK(loss_scale.scale().item() == 1);
    for (int i = 0; i < 2000; ++i) loss_scale.update(good);
    CHECK(loss_scale.scale().item() == 2);
    CHECK(loss_scale.state()[1].tensor.item() == 0);
}

TEST_CASE("a step whose gradients overflow changes nothing but the loss scale") {
    Float16Step run;
    run.run();  // so that statistics and moments are not zeros
    CHECK(run.scale() == 65536);
    const auto parameters = [&] {
        std::vector<std::byte> bytes;
        NamedTensors tensors = run.network.parameters();
        for (const NamedTensor& named : run.optimizer->state()) tensors.push_back(named);
        for (const auto& [name, tensor] : tensors)
            bytes.insert(bytes.end(), tensor.raw_data(), tensor.raw_data() + tensor.bytes());
        return bytes;
    };
    const std::vector<std::byte> before = parameters();
    state_of(run.step, "loss_scale.scale").data<float>()[0] = 0x1p24f;  // 2^24 / 64 is beyond float16
    run.run();
    CHECK(parameters() == before);
    CHECK(run.scale() == 0x1p23);
    for (int i = 0; i < 20 && parameters() == before; ++i) run.run();
    CHECK(parameters() != before);
    CHECK(run.scale() >= 0x1p16);
}

TEST_CASE("an optimizer that is given a factor takes the step of the gradients times that") {
    // A power of two changes no bit in float32.
    const auto after_step = [](const char* optimizer_name, float scale) {
        test::SmallNetwork network(4);
        const auto optimizer = make_optimizer(
            FlatParameters(network), {.name = optimizer_name, .learning_rate = 0.01, .momentum = 0.9});
        const Tensor y = network(Tensor::full({2, 9, 9, 3}, 0.5));
        backward(y, Tensor::full(y.shape(), scale));
        optimizer->step(scale == 1 ? Tensor() : Tensor::full({}, 1 / scale));
        return test::state_bytes(network);
    };
    for (const char* name : {"adam", "adamw", "sgd"}) CHECK(after_step(name, 0x1p16f) == after_step(name, 1));
}
