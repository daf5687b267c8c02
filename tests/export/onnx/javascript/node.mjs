// node node.mjs FOLDER PACKAGE MODEL JOBS: prints the answers to the jobs, see rows.mjs.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { answers } from "./rows.mjs";

const [folder, name, model, jobs] = process.argv.slice(2);
const ort = createRequire(`${folder}/package.json`)(name);
const session = await ort.InferenceSession.create(readFileSync(model), { logSeverityLevel: 4 });
console.log(JSON.stringify(await answers(ort, session, JSON.parse(readFileSync(jobs)))));
