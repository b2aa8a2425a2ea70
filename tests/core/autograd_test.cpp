#include "tern/core/autograd.hpp"

#include "tern/kernels/backward.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/reduce/reduce.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

Tensor leaf(std::vector<float> values) {
    return Tensor::from({static_cast<std::int64_t>(values.size())}, values).set_requires_grad(true);
}

// (x, y) -> (x * y, x + y), an operation with two outputs made outside the tree's own operations.
struct ProductAndSum : Function {
    const char* name() const override { return "product_and_sum"; }
    Tensors backward(const Tensors& grads) override {
        const Tensor x = saved(0), y = saved(1);
        const Tensor dx = Tensor::zeros(x.shape()), dy = Tensor::zeros(x.shape());
        for (std::int64_t i = 0; i < x.numel(); ++i) {
            const float product = grads[0].defined() ? grads[0].data<float>()[i] : 0;
            const float sum = grads[1].defined() ? grads[1].data<float>()[i] : 0;
            dx.data<float>()[i] = product * y.data<float>()[i] + sum;
            dy.data<float>()[i] = product * x.data<float>()[i] + sum;
        }
        return {dx, dy};
    }
};

Tensors product_and_sum(const Tensor& x, const Tensor& y) {
    Tensor product = Tensor::empty(x.shape()), sum = Tensor::empty(x.shape());
    for (std::int64_t i = 0; i < x.numel(); ++i) {
        product.data<float>()[i] = x.data<float>()[i] * y.data<float>()[i];
        sum.data<float>()[i] = x.data<float>()[i] + y.data<float>()[i];
    }
    if (auto* function = Function::record<ProductAndSum>({x, y}, {product, sum})) {
        function->save(x);
        function->save(y);
    }
    return {product, sum};
}

float grad_of(const Tensor& tensor) { return tensor.grad().data<float>()[0]; }

}  // namespace

TEST_CASE("gradients flow through several outputs and add up over uses") {
    const Tensor x = leaf({3}), y = leaf({4});
    const Tensors first = product_and_sum(x, y);                 // 12, 7
    const Tensors second = product_and_sum(first[0], first[1]);  // 84, 19
    backward(second[0]);
    CHECK(grad_of(x) == 4 * 7 + 12);  // d(xy(x+y))/dx = y(x+y) + xy
    CHECK(grad_of(y) == 3 * 7 + 12);
    backward(product_and_sum(x, x)[0]);  // accumulates in place: + 2x
    CHECK(grad_of(x) == 40 + 6);
}

TEST_CASE("an unused output counts as zero") {
    const Tensor x = leaf({3}), y = leaf({4});
    backward(product_and_sum(x, y)[1]);
    CHECK(grad_of(x) == 1);
}

TEST_CASE("gradients accumulate into the place they were given") {
    const Tensor x = leaf({3}), y = leaf({4});
    const Tensor flat = Tensor::zeros({2});
    x.set_grad(flat.slice(1, 2));
    backward(product_and_sum(x, y)[0]);
    CHECK(flat.data<float>()[1] == 4);
}

namespace {

// x -> 2 x; its gradient is written where new_grad() says.
struct Twice : Function {
    const char* name() const override { return "twice"; }
    Tensors backward(const Tensors& grads) override {
        const Tensor dx = new_grad(0, grads[0]);
        wrote_to = dx.data<float>();
        for (std::int64_t i = 0; i < dx.numel(); ++i) dx.data<float>()[i] = 2 * grads[0].data<float>()[i];
        return {dx};
    }
    static inline const float* wrote_to = nullptr;
};

Tensor twice(const Tensor& x) {
    Tensor y = Tensor::empty(x.shape());
    for (std::int64_t i = 0; i < x.numel(); ++i) y.data<float>()[i] = 2 * x.data<float>()[i];
    Function::record<Twice>({x}, {y});
    return y;
}

}  // namespace

TEST_CASE("a gradient that is zero is written in its place, once, unless somebody may have changed it") {
    const Tensor x = leaf({3}), place = Tensor::zeros({1});
    float* const at = place.data<float>();
    x.set_grad(place);
    backward(twice(x));  // nobody said that it is zero
    CHECK((Twice::wrote_to != at && at[0] == 2));
    at[0] = 7;  // what was there is replaced
    x.mark_grad_zero();
    backward(twice(x));
    CHECK((Twice::wrote_to == at && at[0] == 2));
    backward(twice(x));  // the second one is added
    CHECK((Twice::wrote_to != at && at[0] == 4));
    x.mark_grad_zero();
    const Tensor y = twice(x);
    backward(product_and_sum(y, twice(x))[1]);  // two uses in one walk
    CHECK(at[0] == 4);
    at[0] = 0;
    x.mark_grad_zero();
    x.grad().data<float>()[0] = 5;
    backward(twice(x));
    CHECK((Twice::wrote_to != at && at[0] == 7));
    x.mark_grad_zero();
    x.set_grad(Tensor::full({1}, 1));
    backward(twice(x));
    CHECK(grad_of(x) == 3);
    x.set_grad({});
    x.mark_grad_zero();  // there is none
    backward(twice(x));
    CHECK(grad_of(x) == 2);
    at[0] = 0;
    x.set_grad(place);
    x.mark_grad_zero();
    backward(x);  // the leaf itself, and then an operation
    backward(twice(x));
    CHECK(at[0] == 3);
}

TEST_CASE("a gradient that is zero is written in its place through other shapes") {
    const Tensor x = leaf({3, 5}), place = Tensor::zeros({2});
    x.set_grad(place);
    x.mark_grad_zero();
    backward(sum(twice(x.reshape({1, 2}).reshape({2, 1}))));
    CHECK((Twice::wrote_to == place.data<float>() && grad_of(x) == 2));
    place.fill_zero();
    x.mark_grad_zero();
    const Tensor shared = x.reshape({2, 1});  // by two, whose sum is the gradient
    backward(sum(twice(shared) + twice(shared)));
    CHECK((Twice::wrote_to != place.data<float>() && grad_of(x) == 4));
    place.fill_zero();
    x.mark_grad_zero();
    const Tensor again = x.reshape({2, 1});  // by one that only reshapes, and by one that does not
    backward(sum(twice(again.reshape({1, 2})) + again.reshape({1, 2})));
    CHECK(grad_of(x) == 3);
}

TEST_CASE("hooks fire once, when a gradient is complete") {
    const Tensor x = leaf({3}), y = leaf({4});
    std::vector<float> seen;
    x.set_grad_hook([&](const Tensor& leaf_tensor) { seen.push_back(grad_of(leaf_tensor)); });
    const Tensors first = product_and_sum(x, y);
    backward(product_and_sum(first[0], x)[0]);  // x^2 y: 2xy
    CHECK(seen == std::vector<float>{24});
}

TEST_CASE("a second backward through freed state is an error") {
    const Tensor x = leaf({3});
    const Tensor result = product_and_sum(x, x)[0];
    backward(result);
    CHECK_THROWS_WITH(backward(result), Catch::StartsWith("[product_and_sum] backward a second time"));
}

TEST_CASE("a saved tensor that was changed in place is an error") {
    const Tensor x = leaf({3}), y = leaf({4});
    const Tensor result = product_and_sum(x, y)[0];
    y.fill_zero();
    CHECK_THROWS_WITH(backward(result),
                      Catch::StartsWith("[product_and_sum] a tensor saved for the backward pass"));
}

TEST_CASE("without grad mode nothing is recorded") {
    const Tensor x = leaf({3});
    const NoGrad no_grad;
    const Tensor result = product_and_sum(x, x)[0];
    CHECK_FALSE(result.requires_grad());
    CHECK_THROWS_WITH(backward(result), Catch::StartsWith("[backward] the tensor"));
}

TEST_CASE("views are differentiable") {
    const Tensor x = leaf({1, 2, 3, 4});
    const Tensor part = x.reshape({2, 2}).slice(1, 2).reshape({2});
    backward(product_and_sum(part, part)[0], Tensor::from({2}, std::vector<float>{1, 10}));
    const std::span<float> grad = x.grad().elements<float>();
    CHECK(std::vector<float>(grad.begin(), grad.end()) == std::vector<float>{0, 0, 6, 80});
}

TEST_CASE("a gradient shared by two branches is not changed in place") {
    // sum() passes the same gradient tensor to both inputs of an addition; each must keep its own total.
    struct Add : Function {
        const char* name() const override { return "add"; }
        Tensors backward(const Tensors& grads) override { return {grads[0], grads[0]}; }
    };
    const auto add = [](const Tensor& a, const Tensor& b) {
        Tensor sum = Tensor::empty(a.shape());
        sum.data<float>()[0] = a.data<float>()[0] + b.data<float>()[0];
        Function::record<Add>({a, b}, {sum});
        return sum;
    };
    const Tensor x = leaf({1}), y = leaf({1});
    const Tensor a = add(x, y);
    backward(add(add(a, x), add(a, y)));
    CHECK(grad_of(x) == 3);
    CHECK(grad_of(y) == 3);
}
