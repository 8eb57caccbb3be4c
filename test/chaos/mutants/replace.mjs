// A module loader's hook: whoever imports one of these modules is given its mutant. The mutant itself gets the original.
const mutants = ['activities/release/create-version.ts', 'activities/model/trainer-job/trainer-job.ts'];

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const path = found.url.split('?')[0];
  const mutant = mutants.find((module) => path.endsWith(`/${module}`) && !path.includes('/test/chaos/'));
  if (!mutant || context.parentURL?.includes('/test/chaos/mutants/')) return found;
  return next(new URL(`./${mutant.split('/').at(-1)}`, import.meta.url).href, context);
}
