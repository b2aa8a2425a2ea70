// Files in 8 bits that are damaged: each is refused in one line or runs, with what `ref` makes of it.
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "tern/core/autograd.hpp"
#include "tern/core/create.hpp"
#include "tern/core/error.hpp"
#include "tern/core/files/safetensors.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/dispatch/dispatch.hpp"
#include "tern/layers/quantized/quantize_model.hpp"
#include "tern/layers/state.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/layers/trained.hpp"

using namespace tern;

namespace {

// A model in 8 bits, and what a file of it holds.
struct Quantized {
    Quantized(std::string_view name, std::int64_t height, std::int64_t width)
        : images(randn({1, height, width, 3}, RandomStream{5, RandomPurpose::user, 0})) {
        const auto trained = make_model(name, {.seed = 3, .height = height, .width = width});
        test::pretend_trained(*trained, 4);
        trained->eval();
        model = quantize_model(*trained, {images});
        for (const auto& [key, tensor] : model->state()) whole.push_back({key, tensor.clone()});
    }

    NamedTensors copy() const {
        NamedTensors result;
        for (const auto& [key, tensor] : whole) result.push_back({key, tensor.clone()});
        return result;
    }

    // Whether the model takes the tensors and runs with them, then by all versions with equal bits; it may refuse
    // them in one line.
    bool runs_with(const NamedTensors& tensors) {
        try {
            load_state(*model, tensors, "file");
            const Tensor got = (*model)(images);
            const KernelPolicyScope scope(KernelPolicy::parse("ref"));
            const Tensor expected = (*model)(images);
            CHECK(std::equal(got.raw_data(), got.raw_data() + got.bytes(), expected.raw_data()));
            return true;
        } catch (const Error& error) {
            CHECK(std::string(error.what()).find('\n') == std::string::npos);
            return false;
        }
    }

    Tensor images;
    std::unique_ptr<QuantizedModel> model;
    NamedTensors whole;
};

// An element that no writer of tern's gives.
void spoil(const Tensor& tensor, cases::Draw& draw) {
    const auto pick = [&](auto... values) {
        using T = std::common_type_t<decltype(values)...>;
        const T all[] = {values...};
        const auto at = static_cast<std::size_t>(draw(0, tensor.numel() - 1));
        tensor.data<T>()[at] = all[draw(0, sizeof...(values) - 1)];
    };
    using Floats = std::numeric_limits<float>;
    using Ints = std::numeric_limits<std::int32_t>;
    switch (tensor.dtype()) {
        case DType::float32:
            return pick(Floats::quiet_NaN(), Floats::infinity(), -Floats::infinity(), 0.0F, -0.0F, -1.0F,
                        Floats::denorm_min(), Floats::min(), Floats::max(), 1e-20F, 1e20F);
        case DType::int32:
            return pick(Ints::min(), Ints::max(), std::int32_t{0});
        case DType::int8:
            return pick(std::int8_t{-128}, std::int8_t{127}, std::int8_t{0});
        case DType::uint8:
            return pick(std::uint8_t{0}, std::uint8_t{255}, std::uint8_t{1});
        default:
            FAIL("no such tensor is in the file: " << tensor);
    }
}

}  // namespace

TEST_CASE("a file in 8 bits with numbers that no writer gives is refused or runs") {
    const NoGrad no_grad;
    for (const char* const name : {"mini_xception", "resnet20"}) {
        INFO(name);
        Quantized quantized(name, 4, 5);
        REQUIRE(quantized.runs_with(quantized.copy()));
        int refused = 0, ran = 0;
        for (std::uint64_t seed = 1; seed <= 50; ++seed) {
            INFO("seed " << seed);
            cases::Draw draw(seed);
            const NamedTensors tensors = quantized.copy();
            const auto last = static_cast<std::int64_t>(tensors.size()) - 1;
            for (std::int64_t k = draw(0, 2); k >= 0; --k)
                spoil(tensors[static_cast<std::size_t>(draw(0, last))].tensor, draw);
            (quantized.runs_with(tensors) ? ran : refused) += 1;
        }
        CHECK(refused > 0);
        CHECK(ran > 0);
    }
}

TEST_CASE("a file in 8 bits with other bytes is refused or runs") {
    const NoGrad no_grad;
    Quantized quantized("lenet5", 16, 18);
    const std::vector<std::byte> bytes = encode_safetensors("file", {quantized.whole, {}});
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    int refused = 0, ran = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        cases::Draw draw(seed);
        std::vector<std::byte> spoiled = bytes;
        // Every other time only the elements.
        const auto first = static_cast<std::int64_t>(seed % 2 == 0 ? sizeof header + header : 0),
                   last = static_cast<std::int64_t>(spoiled.size()) - 1;
        for (std::int64_t k = draw(0, 3); k >= 0; --k)
            spoiled[static_cast<std::size_t>(draw(first, last))] ^= std::byte{1} << draw(0, 7);
        if (draw(0, 9) == 0) spoiled.resize(static_cast<std::size_t>(draw(0, last)));
        bool whole = true;
        Safetensors content;
        try {
            content = parse_safetensors("file", spoiled);
        } catch (const Error&) {
            whole = false;
        }
        (whole && quantized.runs_with(content.tensors) ? ran : refused) += 1;
    }
    CHECK(refused > 30);
    CHECK(ran > 30);
}
