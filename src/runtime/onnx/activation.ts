import { InputError } from '../../graph/errors.ts';
import type { OpOf } from '../../graph/types.ts';
import type { ExportContext } from './layout.ts';

export function exportActivation(c: ExportContext, op: OpOf<'activation'>): string {
  const { writer } = c;
  const x = c.inputs[0].name;
  const number = (value: number): string => writer.scalar(value);
  const times = (a: string, b: string): string => writer.node('Mul', [a, b]);
  const plus = (a: string, b: string): string => writer.node('Add', [a, b]);
  const one = (name: string, input = x): string => writer.node(name, [input]);
  const float = (value: number) => ({ float: value });
  switch (op.activation) {
    case 'linear':
      return x;
    case 'relu':
      return one('Relu');
    case 'relu6':
      return writer.node('Clip', [x, number(0), number(6)]);
    case 'sigmoid':
      return one('Sigmoid');
    case 'hardSigmoid':
      return writer.node('HardSigmoid', [x], { alpha: float(0.2), beta: float(0.5) });
    case 'hardSigmoid6':
      return writer.node('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) });
    case 'tanh':
      return one('Tanh');
    case 'swish':
      return times(x, one('Sigmoid'));
    case 'hardSwish':
      return one('HardSwish');
    case 'gelu': {
      const error = one('Erf', times(x, number(Math.SQRT1_2)));
      return times(times(x, number(0.5)), plus(error, number(1)));
    }
    case 'geluTanh': {
      const cubic = plus(x, times(times(x, times(x, x)), number(0.044715)));
      const bent = one('Tanh', times(cubic, number(Math.sqrt(2 / Math.PI))));
      return times(times(x, number(0.5)), plus(bent, number(1)));
    }
    case 'elu':
      return writer.node('Elu', [x], { alpha: float(op.alpha ?? 1) });
    case 'selu':
      return one('Selu');
    case 'softplus':
      return one('Softplus');
    case 'softsign':
      return one('Softsign');
    case 'exponential':
      return one('Exp');
    case 'mish':
      return times(x, one('Tanh', one('Softplus')));
    case 'leakyRelu':
      return writer.node('LeakyRelu', [x], { alpha: float(op.alpha ?? 0.2) });
    case 'clippedRelu': {
      const alpha = op.alpha ?? 0;
      const threshold = op.threshold ?? 0;
      const below = times(plus(x, number(-threshold)), number(alpha));
      const above = writer.node('Greater', [x, number(threshold)]);
      const y = writer.node('Where', [above, x, below]);
      return op.maxValue === undefined ? y : writer.node('Min', [y, number(op.maxValue)]);
    }
    case 'celu': {
      // ONNX Runtime's own Celu counts in float32 without expm1
      const alpha = op.alpha ?? 1;
      const bent = one('Elu', writer.node('Div', [writer.node('Min', [x, number(0)]), number(alpha)]));
      return plus(one('Relu'), times(bent, number(alpha)));
    }
    case 'hardTanh':
      return writer.node('Clip', [x, number(-1), number(1)]);
    case 'logSigmoid':
      return one('Neg', one('Softplus', one('Neg')));
    case 'tanhShrink':
      return writer.node('Sub', [x, one('Tanh')]);
    case 'softShrink': {
      const by = op.threshold ?? 0.5;
      return writer.node('Shrink', [x], { lambd: float(by), bias: float(by) });
    }
    case 'hardShrink': {
      const within = writer.node('LessOrEqual', [one('Abs'), number(op.threshold ?? 0.5)]);
      return writer.node('Where', [within, number(0), x]);
    }
    case 'threshold': {
      const above = writer.node('Greater', [x, number(op.threshold ?? 0)]);
      return writer.node('Where', [above, x, number(op.alpha ?? 0)]);
    }
    case 'squareplus': {
      const root = one('Sqrt', plus(times(x, x), number(op.alpha ?? 4)));
      return times(plus(x, root), number(0.5));
    }
    case 'sparsePlus': {
      const near = plus(writer.node('Clip', [x, number(-1), number(1)]), number(1));
      return plus(times(times(near, near), number(0.25)), one('Relu', plus(x, number(-1))));
    }
    case 'sparseSigmoid':
      return writer.node('HardSigmoid', [x], { alpha: float(0.5), beta: float(0.5) });
    case 'clip': {
      const { minValue, maxValue } = op;
      if (minValue !== undefined && maxValue !== undefined)
        return writer.node('Clip', [x, number(minValue), number(maxValue)]);
      if (minValue !== undefined) return writer.node('Max', [x, number(minValue)]);
      return maxValue === undefined ? x : writer.node('Min', [x, number(maxValue)]);
    }
    case 'abs':
      return one('Abs');
    case 'log':
      return one('Log');
    case 'power': {
      const exponent = op.alpha ?? 1;
      if (exponent === 0.5) return one('Sqrt');
      if (exponent === -0.5) return one('Reciprocal', one('Sqrt'));
      if (exponent === -1) return one('Reciprocal');
      return writer.node('Pow', [x, number(exponent)]);
    }
    default:
      throw new InputError(`layer ${c.node.layer}: activation ${String(op.activation)} is not known`);
  }
}
