// What the generic suites cannot see of cast: gradients between types, and the limits of integers.
#include "tern/kernels/cast/cast.hpp"

#include <limits>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("the gradient of a cast is the output's gradient in the input's type") {
    for (const DType from : {DType::float32, DType::float64, DType::bfloat16}) {
        Tensor x = cases::make_tensor({{2, 3}}, from, 1);
        x.set_requires_grad(true);
        const Tensor dy = cases::make_tensor({{2, 3}}, DType::float16, 2);
        backward(cast(x, DType::float16), dy);
        INFO(from);
        REQUIRE(x.grad().dtype() == from);
        CHECK(cases::to_doubles(x.grad()) == cases::to_doubles(cases::converted(dy, from)));
    }
}

TEST_CASE("a cast to integers has no gradient, a cast to its own type is the tensor itself") {
    Tensor x = Tensor::zeros({2});
    x.set_requires_grad(true);
    CHECK_FALSE(cast(x, DType::int32).requires_grad());
    CHECK(cast(x, DType::float32).same_as(x));
}

TEST_CASE("floating-point numbers outside an integer type end at its limits") {
    const float infinity = std::numeric_limits<float>::infinity();
    const auto x = Tensor::from<float>(
        {6}, std::vector{-infinity, -1.9f, 2.9f, 300.0f, infinity, std::numeric_limits<float>::quiet_NaN()});
    CHECK(cases::to_doubles(cast(x, DType::uint8)) == std::vector<double>{0, 0, 2, 255, 255, 0});
    const Tensor wide = cast(x, DType::int64);
    CHECK(wide.data<std::int64_t>()[0] == std::numeric_limits<std::int64_t>::min());
    CHECK(wide.data<std::int64_t>()[1] == -1);
    CHECK(wide.data<std::int64_t>()[4] == std::numeric_limits<std::int64_t>::max());
    CHECK(wide.data<std::int64_t>()[5] == 0);
}
