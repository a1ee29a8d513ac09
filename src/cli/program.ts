import { Option } from 'commander';
import type { Command } from 'commander';
import { engineVersion } from '../config/version.ts';
import { mistake, refuseEmpty } from './mistakes.ts';
import { openOutput } from './output.ts';
import type { Output } from './output.ts';
import { gather, inputShape, number, oneOf, wholeNumber, wholeNumberOrAuto, percentage } from './options.ts';
import { backendChoice, effort, MAX_BATCH, MAX_EPOCHS, MAX_IMAGES, weightsFrom } from '../terms/choices.ts';
import { staticMetric } from '../terms/goals.ts';
import { resizes } from '../terms/images.ts';
import { setSplit } from '../terms/scores.ts';
import { fineTuneDefaults, schedule, trainSettings } from '../terms/training.ts';

/** A command's work, loaded when it is called; returns the exit code (nothing: 0). */
type Action<O> = (output: Output, args: string[], options: O) => Promise<number | void>;

const efforts = effort.options;
const backends = backendChoice.options;
const seeds = wholeNumber('--seed', 0, 0xffffffff);
const threads = wholeNumber('--threads', 1, 1024);
const images = (name: string) => wholeNumber(name, 1, MAX_IMAGES);
const source = 'the model before pruning, where the config names one elsewhere';
const epochs = (name: string) => wholeNumber(name, 0, MAX_EPOCHS);

/** All commands with their options. Nothing heavy is loaded here: help and mistakes are answered at once. */
export function addCommands(program: Command, done: (code: number) => void): void {
  program
    .description(
      'Prunes the channels of convolutional networks: smaller, faster, in the format they came in.',
    )
    .version(engineVersion)
    .showHelpAfterError(false)
    .configureOutput({ writeErr: () => {} });
  const command = <O>(usage: string, description: string, load: () => Promise<Action<O>>): Command =>
    program
      .command(usage)
      .description(description)
      .option('--json', 'write JSON to stdout')
      .option('--verbose', 'show where an unexpected error came from')
      .action(async (...all: unknown[]) => {
        const self = all.pop() as Command;
        refuseEmpty(self);
        const output = openOutput(Boolean(self.opts().json));
        const run = await load();
        done((await run(output, self.args, self.opts() as O)) ?? 0);
      });

  const inspect = command(
    'inspect <model>',
    'what a network costs, layer by layer, what can be pruned, and what that would do (--sensitivity)',
    async () => (await import('./commands/inspect.ts')).inspect,
  )
    .option('--freeze <layer>', 'leave this layer as it is (may be repeated)', gather)
    .option('--interior-outputs', 'let outputs that also feed other layers lose channels')
    .option(
      '--sensitivity',
      'with --data: loss and accuracy where one group alone is narrowed, at eighths of its width',
    )
    .option(
      '--effort <level>',
      'how many images that is measured on: quick, standard or thorough (default standard)',
      oneOf('--effort', efforts),
    )
    .option('--seed <n>', 'of which images these are (default 1)', seeds)
    .option('--round-to <n>', 'widths in multiples of this (default 1)', wholeNumber('--round-to', 1, 1024));
  dataOptions(inspect, false);

  const prune = command(
    'prune [model]',
    'the whole run: search, cut, recalibrate, fine-tune, test, report',
    async () => (await import('./commands/prune.ts')).prune,
  )
    .option(
      '--target <goal>',
      'macs=50%, params=100k, bytes=1MB, memory=2MB, latency=2ms or "script=COMMAND <= 120"; all must hold. accuracy-drop=1: the cheapest network that loses at most one point, looked for below the other targets (default macs=80%). None at all: the trade-off from macs=80% downwards, in 5 points',
      gather,
    )
    .option('--method <name>', 'how to choose the channels (default: rewarded-meta with images, l1 without)')
    .option('--seed <n>', 'of every random draw (default 1)', seeds)
    .option('--effort <level>', 'quick, standard or thorough (default standard)', oneOf('--effort', efforts))
    .option(
      '--accuracy-coefficient <x>',
      'how much accuracy counts in the reward',
      number('--accuracy-coefficient', 0, 1000),
    )
    .option(
      '--efficiency-coefficient <x>',
      'how much the saving counts in the reward',
      number('--efficiency-coefficient', 0, 1000),
    )
    .option(
      '--round-to <n>',
      'widths in multiples of this; auto (default): of 8, 4 or 2, which runtimes compute quickly, where the network and the goal leave room',
      wholeNumberOrAuto('--round-to', 1, 1024),
    )
    .option('--freeze <layer>', 'leave this layer as it is (may be repeated)', gather)
    .option('--interior-outputs', 'let outputs that also feed other layers lose channels')
    .option('--set <key=value>', "one of the method's own settings (may be repeated)", gather)
    .option(
      '--with-controls [names]',
      'also reach the budget by control arms and train them alike: uniform,random,l1,scratch,equal-cost or others',
    )
    .option(
      '--points <n>',
      'fine-tune so many points of the trade-off, from the goal downwards; controls too (default 1: the goal alone; with --explore 5); for accuracy-drop: so many networks are tried (default 5)',
      wholeNumber('--points', 1, 20),
    )
    .option(
      '--explore <share>',
      "the cheapest of these points: a share of the original in the first target's metric, as 10% (default: a quarter of the goal)",
      percentage('--explore'),
    )
    .option('--epochs <n>', "epochs of the method's own training", epochs('--epochs'))
    .option(
      '--retrain <from>',
      "what the result is trained from: source (the original's weights, cut: the default, which apply can do again; for agent its own), generated (the method's own weights, which no config holds) or scratch",
      oneOf('--retrain', weightsFrom.options),
    )
    .option(
      '--fine-tune-epochs <n>',
      'epochs of training after cutting; 0 for none (default: by effort and images, see docs/fine-tuning.md)',
      epochs('--fine-tune-epochs'),
    )
    .option(
      '--fine-tune-rate <x>',
      `highest learning rate of that training, by Adam (default ${fineTuneDefaults.rate})`,
      number('--fine-tune-rate', 1e-9, 1000),
    )
    .option(
      '--distillation <share>',
      `how much of what it learns is the original's own answers, the rest being labels: 0 to 1 (default ${fineTuneDefaults.distillation})`,
      number('--distillation', 0, 1),
    )
    .option(
      '--keep-frozen',
      "leave the weights of layers that the model's file has frozen as they are cut (batch norms' statistics are measured afresh); else they are trained with the rest",
    )
    .option('--measure-latency', 'put the measured latency into the config too (it differs from run to run)')
    .option('--out <folder>', 'where the pruned model and its config go (default: beside the model)')
    .option(
      '--report <file>',
      'where the HTML report goes, with a Markdown twin beside it; or, ending in .md, the other way round',
    )
    .option('--force', 'overwrite what another run wrote there')
    .option(
      '--checkpoint-seconds <n>',
      'least seconds between checkpoints within a stage (default 15)',
      number('--checkpoint-seconds', 0, 3600),
    )
    .option('--resume [run]', 'go on with the last run, or the one named')
    .option('--allow-script', 'with --resume: run the script of a run that was not planned here')
    .option('--allow-write', 'with --resume: write where a run that was not planned here wants to');
  dataOptions(prune, false);

  command(
    'front [run]',
    'the trade-off curve of a run (default: the last): what its method and controls came to at each cost',
    async () => (await import('./commands/front.ts')).front,
  )
    .option('--csv', 'a line each point, with a header')
    .option(
      '--metric <name>',
      "cost that the curve is over: macs, params, bytes or memory (default: the first target's)",
      oneOf('--metric', staticMetric.options),
    );

  command(
    'write [run]',
    'the model and config of another network of a run (default: the last)',
    async () => (await import('./commands/write.ts')).write,
  )
    .requiredOption(
      '--pick <which>',
      'macs=45% or params=100k: the most accurate within that; accuracy-drop=1: the cheapest so close to the original; knee; coefficients=2,1: the highest reward; ARM#ID, as front names them',
    )
    .option('--out <folder>', 'where they go, under a name that is free (default: where the run wrote)');

  const apply = command(
    'apply <config>',
    'the pruned model again: cut from the source model, and with --data trained as the run trained it, to the same bytes',
    async () => (await import('./commands/apply.ts')).apply,
  )
    .option('--out <file>', 'where to write it (default: where the run did)')
    .option('--source <file>', source)
    .option('--cut-only', "only cut from the source model, not trained: its accuracy is not the config's")
    .option('--force', 'overwrite whatever is there')
    .option(
      '--epochs <n>',
      'with --data: epochs of fine-tuning (default: as in the config)',
      epochs('--epochs'),
    );
  dataOptions(apply, false);

  const verify = command(
    'verify <config>',
    "hashes, also of the pruned model's file, costs and (with --data) accuracies still hold",
    async () => (await import('./commands/verify.ts')).verify,
  )
    .option('--source <file>', source)
    .option(
      '--tolerance <points>',
      'by how many points an accuracy may differ (default 0.5)',
      number('--tolerance', 0, 100),
    );
  dataOptions(verify, false);

  const train = command(
    'train <model>',
    'trains a network, from its weights as they are',
    async () => (await import('./commands/train.ts')).train,
  )
    .option('--epochs <n>', 'default 30', epochs('--epochs'))
    .option('--seed <n>', 'default 1', seeds)
    .option('--batch-size <n>', 'images a step', wholeNumber('--batch-size', 1, MAX_BATCH))
    .option('--learning-rate <x>', 'the highest rate', number('--learning-rate', 1e-9, 1000))
    .option(
      '--schedule <kind>',
      'constant, step, linear or cosine',
      oneOf('--schedule', schedule.shape.kind.options),
    )
    .option('--optimizer <name>', 'sgd or adam', oneOf('--optimizer', trainSettings.shape.optimizer.options))
    .option('--weight-decay <x>', 'on kernels', number('--weight-decay', 0, 100))
    .option('--label-smoothing <x>', '0 to 1', number('--label-smoothing', 0, 0.999))
    .option(
      '--patience <n>',
      'stop after so many epochs without a better validation loss',
      epochs('--patience'),
    )
    .option('--fine-tune', 'settings for a network that is trained already (default: from scratch)')
    .option('--resume', 'go on with the training that was stopped, given the same options')
    .option(
      '--checkpoint-seconds <n>',
      'least seconds between checkpoints (default 15)',
      number('--checkpoint-seconds', 0, 3600),
    )
    .requiredOption('--out <file>', 'where the trained model goes')
    .option('--force', 'overwrite it where it is there already');
  dataOptions(train, true);

  const evaluate = command(
    'evaluate <model>',
    'accuracy, loss and latency',
    async () => (await import('./commands/evaluate.ts')).evaluate,
  )
    .option(
      '--split <name>',
      'train, validation or test (default: test where there is one)',
      oneOf('--split', setSplit.options),
    )
    .option(
      '--original <model>',
      'what it is compared with where images have no classes (default: what the config beside it says)',
    );
  dataOptions(evaluate, true);

  command(
    'diff <a> [b]',
    'accuracies, then channel by channel, of two models or configs; REVISION:PATH names a file as git has it',
    async () => (await import('./commands/diff.ts')).diff,
  )
    .option('--source <file>', source)
    .option('--rev <revision>', 'compares with the first file as this commit, branch or tag has it')
    .option('--html <file>', 'write it as a page')
    .option('--markdown [file]', 'for a pull request; to stdout where no file is named')
    .option('--force', 'overwrite these files where they are there already');

  command(
    'new <network>',
    'an untrained reference network',
    async () => (await import('./commands/new.ts')).newNetwork,
  )
    .option('--data <path>', 'take the input shape and the number of classes from these images')
    .option('--input <shape>', 'HEIGHTxWIDTHxCHANNELS', inputShape)
    .option('--classes <n>', 'number of classes', wholeNumber('--classes', 2, 1e6))
    .option('--width <x>', "multiplies every layer's channels", number('--width', 0.01, 16))
    .option('--seed <n>', 'of its weights (default 1)', seeds)
    .option('--out <file>', 'default: NETWORK.h5')
    .option('--force', 'overwrite it where it is there already');

  command(
    'check <model>',
    'can Espalier be trusted with this model: prunes it at random in memory and compares',
    async () => (await import('./commands/check.ts')).check,
  )
    .option('--seed <n>', 'of the channels and inputs (default 1)', seeds)
    .option('--ratio <x>', 'share of the channels that stay (default 0.5)', number('--ratio', 0.01, 1))
    .option('--interior-outputs', 'let outputs that also feed other layers lose channels')
    .option('--backend <name>', 'auto, tensorflow or wasm', oneOf('--backend', backends))
    .option('--threads <n>', 'default: all cores', threads);

  command(
    'doctor',
    'backends, versions, threads, what is missing and what fixes it',
    async () => (await import('./commands/doctor.ts')).doctor,
  );

  for (const one of [program, ...program.commands])
    one.configureOutput({ writeErr: () => {} }).exitOverride((error) => {
      // help and version that were asked for end here, too
      throw error.exitCode === 0 ? error : mistake(error, one);
    });
}

function dataOptions(command: Command, required: boolean): void {
  const what =
    'a folder of class folders, or of pictures without classes; a .zip or .tar(.gz) of one, a folder of IDX files, or an .npz';
  if (required) command.requiredOption('--data <path>', what);
  else command.option('--data <path>', what);
  command
    .option(
      '--preprocess <name>',
      'what the network is fed: auto (default), unit, signed, raw, imagenet, caffe, standardise',
    )
    .option(
      '--resize <name>',
      `how images of another size are resized: auto (default; as the network knows them), ${resizes.join(', ')}`,
    )
    .option('--limit <images>', 'at most so many images of each split', images('--limit'))
    .option('--validation-images <n>', 'images held out of training', images('--validation-images'))
    .option('--augment <list>', 'flip, shift=N or both, comma-separated')
    .option('--labels-of <output>', 'which of several outputs the classes are of (default: what fits best)')
    .addOption(noLabels())
    .option('--backend <name>', 'auto, tensorflow or wasm', oneOf('--backend', backends))
    .option('--threads <n>', 'default: TF_NUM_INTRAOP_THREADS, else all cores', threads);
}

/** An option of its own, not the opposite of a --labels that would be there by default. */
function noLabels(): Option {
  const option = new Option(
    '--no-labels',
    "the folders' names count for nothing: the original is the teacher, and accuracy is agreement with it, in percent: images of the same class, or 100 times one minus the relative error of what is no class (so it is where there are no class folders)",
  );
  option.negate = false;
  return option;
}
