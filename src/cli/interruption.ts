/** Ctrl-C as a question that a long command asks between two things; pressed twice it ends the process at once. */
export interface Interruption {
	readonly came: boolean;
	/** From now on Ctrl-C is as it was. */
	forget(): void;
}

export function watchInterrupt(): Interruption {
	let came = false;
	const onSignal = (): void => {
		came = true;
	};
	process.once("SIGINT", onSignal);
	process.once("SIGTERM", onSignal);
	return {
		get came() {
			return came;
		},
		forget() {
			process.off("SIGINT", onSignal);
			process.off("SIGTERM", onSignal);
		},
	};
}
