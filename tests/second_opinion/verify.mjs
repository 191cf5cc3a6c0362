// Says of each file what @trustnxt/c2pa-ts says: one line of JSON, in the order of the arguments.
import { readFile } from "node:fs/promises";
import { JPEG, PNG } from "@trustnxt/c2pa-ts/asset";
import { SuperBox } from "@trustnxt/c2pa-ts/jumbf";
import { ManifestStore, ValidationResult } from "@trustnxt/c2pa-ts/manifest";

async function judge(path) {
  const data = await readFile(path);
  const Kind = [JPEG, PNG].find((kind) => kind.canRead(data));
  if (!Kind) return { valid: false, codes: ["not a picture"] };
  let result, store;
  try {
    const asset = new Kind(data);
    const boxes = asset.getManifestJUMBF();
    if (!boxes) return { valid: false, codes: ["no manifest"] };
    store = ManifestStore.read(SuperBox.fromBuffer(boxes));
    result = await store.validate(asset);
  } catch (error) {
    result = ValidationResult.fromError(error);
  }
  const failed = result.statusEntries.filter((entry) => !entry.success);
  const labels = store?.getActiveManifest()?.assertions?.assertions.map((one) => one.fullLabel ?? one.label) ?? [];
  return { valid: result.isValid, codes: failed.map((entry) => entry.code), labels };
}

const answers = [];
for (const path of process.argv.slice(2)) answers.push(await judge(path));
console.log(JSON.stringify(answers));
