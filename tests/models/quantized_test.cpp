// Every model in 8 bits.
#include <algorithm>
#include <cmath>

#include "tern/core/autograd.hpp"
#include "tern/core/create.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"
#include "tern/tests/threads_scope.hpp"

using namespace tern;

TEST_CASE("every model runs in 8 bits, with equal bits for any number of threads") {
    const NoGrad no_grad;
    for (const ModelInfo& info : all_models()) {
        INFO(info.name);
        const auto model = make_model(info.name, {.seed = 3, .height = 16, .width = 18});
        test::pretend_trained(*model, 4);
        model->eval();
        const Tensor x = randn({3, 16, 18, 3}, RandomStream{5, RandomPurpose::user, 0});
        const Tensor expected = (*model)(x);
        const auto quantized = quantize_model(*model, {x}, RangeMethod::min_max);
        const Tensor got = (*quantized)(x);
        CHECK(std::ranges::any_of(quantized->steps(),
                                  [](const auto& step) { return step.kind != QuantizedStep::Kind::node; }));
        // Logits of nothing but zeros would be off by the largest.
        double off = 0, largest = 0;
        for (std::int64_t i = 0; i < got.numel(); ++i) {
            REQUIRE(std::isfinite(got.data<float>()[i]));
            off = std::max(off,
                           std::fabs(static_cast<double>(got.data<float>()[i]) - expected.data<float>()[i]));
            largest = std::max(largest, std::fabs(static_cast<double>(expected.data<float>()[i])));
        }
        CHECK(off < largest);
        for (const int threads : {1, 2, 3}) {
            const test::ThreadsScope scope(threads);
            CHECK(std::ranges::equal((*quantized)(x).elements<float>(), got.elements<float>()));
        }
    }
}
