import { expect, it } from "vitest";
import { comparedDrivers } from "./all-drivers.ts";
import { parseCommand } from "./options.ts";

it("tries everything that is compared, unless it is told which", () => {
  expect(parseCommand([]).drivers).toEqual(comparedDrivers);
  const { drivers } = parseCommand(["--driver", "naive", "--driver", "doubles"]);
  expect(drivers.map(({ name }) => name)).toEqual(["naive", "doubles"]);
});

it("takes a million as people write it", () => {
  expect(parseCommand(["--events", "1,000,000", "--seed", "7", "--writers", "40"])).toMatchObject({
    events: 1_000_000,
    seed: 7,
    writers: 40,
  });
});

it.each([
  [["--events", "many"], '--events needs a whole number from 1, not "many"'],
  [["--phase", "rain"], /There is no phase "rain"; there are crossing commits, /],
  [["--driver", "kafka"], /There is no driver "kafka"; there are annals, /],
])("says what is wrong with %j", (args, message) => {
  expect(() => parseCommand(args as string[])).toThrow(message);
});
